"""Queries on API tokens."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict
from app.security.roles import Role
from app.storage.tables import tokens, users


@dataclass(frozen=True)
class TokenRow:
    """An API token as stored, with its owner and the role that this one has now."""

    id: UUID
    hash: bytes = field(repr=False)
    user_id: UUID
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    owner: str
    owner_role: Role

    @property
    def effective_role(self) -> Role:
        """The lesser of the token's and its owner's role."""
        return self.role if self.owner_role.covers(self.role) else self.owner_role


def _select() -> Any:
    return select(tokens, users.c.name.label("owner"), users.c.role.label("owner_role")).join(
        users, users.c.id == tokens.c.user_id
    )


async def insert_token(connection: AsyncConnection, row: TokenRow) -> None:
    """Add a token. Raises Conflict (name_taken)."""
    values = {name: value for name, value in vars(row).items() if name not in ("owner", "owner_role")}
    try:
        async with connection.begin_nested():
            await connection.execute(insert(tokens).values(values))
    except IntegrityError as error:
        raise Conflict(
            "name_taken", f"{row.owner} has a token named {row.name!r} already.", "Choose another name, or revoke it."
        ) from error


async def find_token(connection: AsyncConnection, secret_hash: bytes, now: datetime) -> TokenRow | None:
    """Return the token that still lets in: it has not expired and its owner is enabled."""
    query = _select().where(tokens.c.hash == secret_hash, tokens.c.expires_at > now, users.c.enabled)
    found = (await connection.execute(query)).one_or_none()
    return None if found is None else _row(found)


async def mark_token_used(connection: AsyncConnection, token_id: UUID, now: datetime) -> None:
    """Note that a token was used now."""
    await connection.execute(update(tokens).where(tokens.c.id == token_id).values(used_at=now))


async def list_tokens(connection: AsyncConnection, user_id: UUID | None = None) -> list[TokenRow]:
    """Return tokens by owner and name, expired ones too. user_id: only this one's."""
    query = _select().order_by(func.lower(users.c.name), tokens.c.name)
    if user_id is not None:
        query = query.where(tokens.c.user_id == user_id)
    return [_row(row) for row in await connection.execute(query)]


async def count_tokens(connection: AsyncConnection, user_id: UUID) -> int:
    """Return how many tokens a user has."""
    query = select(func.count()).where(tokens.c.user_id == user_id)
    return int((await connection.execute(query)).scalar_one())


async def get_token(connection: AsyncConnection, token_id: UUID) -> TokenRow | None:
    """Return a token, or None when there is none."""
    found = (await connection.execute(_select().where(tokens.c.id == token_id))).one_or_none()
    return None if found is None else _row(found)


async def delete_token(connection: AsyncConnection, token_id: UUID) -> None:
    """Remove a token; it lets nobody in any more."""
    await connection.execute(delete(tokens).where(tokens.c.id == token_id))


def _row(found: Any) -> TokenRow:
    values = found._asdict()
    return TokenRow(**values | {"role": Role(values["role"]), "owner_role": Role(values["owner_role"])})
