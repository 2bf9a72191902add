"""Queries on one-time links."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import links


@dataclass(frozen=True)
class Link:
    """A link that still works. user_id: whose password it sets; None for the one that makes the first admin."""

    user_id: UUID | None


async def insert_link(
    connection: AsyncConnection, secret_hash: bytes, user_id: UUID | None, expires_at: datetime
) -> None:
    """Add a link."""
    await connection.execute(insert(links).values(hash=secret_hash, user_id=user_id, expires_at=expires_at))


async def find_link(connection: AsyncConnection, secret_hash: bytes, now: datetime) -> Link | None:
    """Return the link of that secret, or None when there is none or it has expired."""
    query = select(links.c.user_id).where(links.c.hash == secret_hash, links.c.expires_at > now)
    found = (await connection.execute(query)).one_or_none()
    return None if found is None else Link(found.user_id)


async def delete_links_of(connection: AsyncConnection, user_id: UUID | None) -> None:
    """Remove all links of a user, or those that make the first admin."""
    whose = links.c.user_id.is_(None) if user_id is None else links.c.user_id == user_id
    await connection.execute(delete(links).where(whose))


async def delete_expired_links(connection: AsyncConnection, now: datetime) -> None:
    """Remove the links that lead nowhere any more."""
    await connection.execute(delete(links).where(links.c.expires_at <= now))
