"""Writing what people change of alerts, and who may be given one."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.security.roles import Role
from app.storage.detection_tables import alerts
from app.storage.tables import users


async def set_alerts(
    connection: AsyncConnection, ids: Collection[UUID], now: datetime, values: Mapping[str, Any]
) -> None:
    """Set columns of alerts to the same values."""
    await connection.execute(update(alerts).where(alerts.c.id.in_(ids)).values(**values, updated_at=now))


async def list_workers(connection: AsyncConnection) -> list[str]:
    """Return the names of the users that alerts can be assigned to: who may work them and can sign in."""
    query = select(users.c.name).where(users.c.enabled, users.c.role.in_([Role.ANALYST, Role.ADMIN]))
    return sorted((await connection.execute(query)).scalars(), key=str.lower)
