"""Queries on users."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotFound
from app.security.roles import Role
from app.storage.tables import users


@dataclass(frozen=True)
class UserRow:
    """A user as stored. password: argon2's form of it, None for who signs in elsewhere; subject: who that is there."""

    id: UUID
    name: str
    role: Role
    enabled: bool
    created_at: datetime
    last_seen_at: datetime | None = None
    subject: str | None = None
    password: str | None = field(default=None, repr=False)


_COLUMNS = [users.c[name] for name in UserRow.__dataclass_fields__]


async def insert_user(connection: AsyncConnection, row: UserRow) -> None:
    """Add a user. Raises Conflict (name_taken)."""
    try:
        async with connection.begin_nested():
            await connection.execute(insert(users).values(vars(row)))
    except IntegrityError as error:
        raise Conflict(
            "name_taken", f"There is already a user named {row.name!r}.", "Choose another name; case does not count."
        ) from error


async def find_user(connection: AsyncConnection, name: str) -> UserRow | None:
    """Return the user of that name in any letter case, or None."""
    return await _one(connection, func.lower(users.c.name) == func.lower(name))


async def find_user_of_subject(connection: AsyncConnection, subject: str) -> UserRow | None:
    """Return who that is at the identity provider, or None."""
    return await _one(connection, users.c.subject == subject)


async def get_user(connection: AsyncConnection, user_id: UUID, *, to_change: bool = False) -> UserRow:
    """Return a user. to_change: keep others from changing it until the transaction ends. Raises NotFound."""
    found = await _one(connection, users.c.id == user_id, to_change=to_change)
    if found is None:
        raise NotFound("unknown_user", "There is no such user.", "List them: aisoc users list.")
    return found


async def list_users(connection: AsyncConnection) -> list[UserRow]:
    """Return all users by name."""
    rows = await connection.execute(select(*_COLUMNS).order_by(func.lower(users.c.name)))
    return [_row(row._asdict()) for row in rows]


async def any_user(connection: AsyncConnection) -> bool:
    """Whether there is a user at all."""
    return bool((await connection.execute(select(select(users.c.id).exists()))).scalar_one())


async def hold_users(connection: AsyncConnection) -> None:
    """Let nobody else decide who the admins are until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('aisoc users', 0))"))


async def count_enabled_admins(connection: AsyncConnection) -> int:
    """Return how many admins can sign in."""
    query = select(func.count()).where(users.c.role == Role.ADMIN, users.c.enabled)
    return int((await connection.execute(query)).scalar_one())


async def change_user(connection: AsyncConnection, user_id: UUID, **values: Any) -> None:
    """Set columns of a user."""
    await connection.execute(update(users).where(users.c.id == user_id).values(values))


async def delete_user(connection: AsyncConnection, user_id: UUID) -> None:
    """Remove a user with sessions, tokens, links and saved searches."""
    await connection.execute(delete(users).where(users.c.id == user_id))


async def _one(connection: AsyncConnection, wanted: Any, *, to_change: bool = False) -> UserRow | None:
    query = select(*_COLUMNS).where(wanted)
    found = (await connection.execute(query.with_for_update() if to_change else query)).one_or_none()
    return None if found is None else _row(found._asdict())


def _row(values: dict[str, Any]) -> UserRow:
    return UserRow(**values | {"role": Role(values["role"])})
