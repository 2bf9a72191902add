"""Queries on sessions."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, desc, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.security.roles import Role
from app.storage.tables import sessions, users


@dataclass(frozen=True)
class SessionRow:
    """A session as stored: the hash of its secret, whose it is, from where it began."""

    id: UUID
    hash: bytes = field(repr=False)
    user_id: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ip: str | None
    agent: str | None


@dataclass(frozen=True)
class SessionUser:
    """Whom a session lets in."""

    session_id: UUID
    seen_at: datetime
    user_id: UUID
    name: str
    role: Role


async def insert_session(connection: AsyncConnection, row: SessionRow) -> None:
    """Add a session."""
    await connection.execute(insert(sessions).values(vars(row)))


async def find_session_user(
    connection: AsyncConnection, secret_hash: bytes, now: datetime, idle_since: datetime
) -> SessionUser | None:
    """Return who is in by that secret: the session has neither expired nor been idle so long, the user is enabled."""
    query = (
        select(sessions.c.id.label("session_id"), sessions.c.seen_at, sessions.c.user_id, users.c.name, users.c.role)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.hash == secret_hash, sessions.c.expires_at > now, sessions.c.seen_at > idle_since)
        .where(users.c.enabled)
    )
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        return None
    return SessionUser(**found._asdict() | {"role": Role(found.role)})


async def mark_session_seen(connection: AsyncConnection, found: SessionUser, now: datetime) -> None:
    """Note that a session and its user were seen now."""
    await connection.execute(update(sessions).where(sessions.c.id == found.session_id).values(seen_at=now))
    await connection.execute(update(users).where(users.c.id == found.user_id).values(last_seen_at=now))


async def list_sessions(
    connection: AsyncConnection, user_id: UUID, now: datetime, idle_since: datetime
) -> list[SessionRow]:
    """Return a user's sessions that still let in, the latest first."""
    query = select(sessions).where(sessions.c.user_id == user_id)
    living = query.where(sessions.c.expires_at > now, sessions.c.seen_at > idle_since)
    return [SessionRow(**row._asdict()) for row in await connection.execute(living.order_by(desc(sessions.c.seen_at)))]


async def delete_session(connection: AsyncConnection, secret_hash: bytes) -> UUID | None:
    """Remove a session by the hash of its secret; returns whose it was."""
    query = delete(sessions).where(sessions.c.hash == secret_hash).returning(sessions.c.user_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def delete_session_of(connection: AsyncConnection, user_id: UUID, session_id: UUID) -> bool:
    """Remove one of a user's sessions; returns whether it was there."""
    query = delete(sessions).where(sessions.c.user_id == user_id, sessions.c.id == session_id)
    return (await connection.execute(query)).rowcount > 0


async def delete_sessions_of(connection: AsyncConnection, user_id: UUID, but: bytes | None = None) -> int:
    """Remove a user's sessions, but the one with that hash; returns how many."""
    query = delete(sessions).where(sessions.c.user_id == user_id)
    if but is not None:
        query = query.where(sessions.c.hash != but)
    return (await connection.execute(query)).rowcount


async def delete_expired_sessions(connection: AsyncConnection, now: datetime, idle_since: datetime) -> None:
    """Remove the sessions that let nobody in any more."""
    await connection.execute(
        delete(sessions).where((sessions.c.expires_at <= now) | (sessions.c.seen_at <= idle_since))
    )
