"""Queries on sign-ins that are under way at the identity provider."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import sign_ins


async def insert_sign_in(
    connection: AsyncConnection, state_hash: bytes, flow: dict[str, Any], now: datetime, expires_at: datetime
) -> None:
    """Keep what is needed to finish a sign-in, and drop those that nobody finished in time."""
    await connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))
    await connection.execute(insert(sign_ins).values(hash=state_hash, flow=flow, expires_at=expires_at))


async def take_sign_in(connection: AsyncConnection, state_hash: bytes, now: datetime) -> dict[str, Any] | None:
    """Return what was kept, to one caller only; None when there is nothing, or it is too old."""
    query = delete(sign_ins).where(sign_ins.c.hash == state_hash).returning(sign_ins.c.flow, sign_ins.c.expires_at)
    found = (await connection.execute(query)).one_or_none()
    return None if found is None or found.expires_at <= now else dict(found.flow)
