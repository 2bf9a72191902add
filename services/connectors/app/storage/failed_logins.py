"""Queries on sign-ins that failed, or whose password is being checked."""

from datetime import datetime

from sqlalchemy import delete, desc, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import failed_logins


async def insert_attempt(connection: AsyncConnection, now: datetime, name: bytes, ip: str) -> int:
    """Note an attempt; returns its id. name: a hash of it."""
    query = insert(failed_logins).values(at=now, name=name, ip=ip).returning(failed_logins.c.id)
    return int((await connection.execute(query)).scalar_one())


async def attempt_before(
    connection: AsyncConnection, attempt_id: int, back: int, *, name: bytes | None = None, ip: str | None = None
) -> datetime | None:
    """Return when the attempt was that lies so many before this one, of that name and from that ip; None: no such."""
    query = select(failed_logins.c.at).where(failed_logins.c.id != attempt_id)
    if name is not None:
        query = query.where(failed_logins.c.name == name)
    if ip is not None:
        query = query.where(failed_logins.c.ip == ip)
    latest_first = query.order_by(desc(failed_logins.c.at)).offset(back - 1).limit(1)
    return (await connection.execute(latest_first)).scalar_one_or_none()


async def delete_attempt(connection: AsyncConnection, attempt_id: int) -> None:
    """Forget one attempt."""
    await connection.execute(delete(failed_logins).where(failed_logins.c.id == attempt_id))


async def delete_attempts(connection: AsyncConnection, name: bytes, ip: str) -> None:
    """Forget the attempts of a name from an ip."""
    await connection.execute(delete(failed_logins).where(failed_logins.c.name == name, failed_logins.c.ip == ip))


async def delete_attempts_until(connection: AsyncConnection, moment: datetime) -> None:
    """Forget the attempts up to a time."""
    await connection.execute(delete(failed_logins).where(failed_logins.c.at <= moment))
