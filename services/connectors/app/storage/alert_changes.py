"""Writing what people do to alerts: status, verdict, assignee, notes; each with its entry in the alert's history."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.security.roles import Role
from app.storage.detection_tables import alert_changes, alerts
from app.storage.tables import users


async def set_alert(connection: AsyncConnection, alert_id: UUID, now: datetime, values: Mapping[str, Any]) -> None:
    """Set columns of an alert."""
    await connection.execute(update(alerts).where(alerts.c.id == alert_id).values(**values, updated_at=now))


async def note_changes(
    connection: AsyncConnection, changes: Iterable[tuple[UUID, str, Mapping[str, Any]]], now: datetime, actor: str
) -> None:
    """Add to the history of alerts: which alert, what was done, and JSON-ready facts of it."""
    rows = [
        {"alert_id": alert_id, "at": now, "actor": actor, "action": action, "facts": dict(facts)}
        for alert_id, action, facts in changes
    ]
    if rows:
        await connection.execute(insert(alert_changes), rows)


async def list_workers(connection: AsyncConnection) -> list[str]:
    """Return the names of the users that alerts can be assigned to: who may work them and can sign in."""
    query = select(users.c.name).where(users.c.enabled, users.c.role.in_([Role.ANALYST, Role.ADMIN]))
    return sorted((await connection.execute(query)).scalars(), key=str.lower)
