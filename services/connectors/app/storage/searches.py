"""Queries on saved searches; each belongs to one user."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotFound
from app.storage.tables import saved_searches


@dataclass(frozen=True)
class SavedSearch:
    """A search that somebody saved under a name."""

    id: UUID
    user_id: UUID
    name: str
    search: str
    created_at: datetime


async def list_searches(connection: AsyncConnection, user_id: UUID) -> list[SavedSearch]:
    """Return a user's searches by name."""
    query = select(saved_searches).where(saved_searches.c.user_id == user_id)
    rows = await connection.execute(query.order_by(func.lower(saved_searches.c.name), saved_searches.c.id))
    return [SavedSearch(**row._asdict()) for row in rows]


async def insert_search(connection: AsyncConnection, row: SavedSearch) -> None:
    """Save a search. Raises Conflict (search_name_taken)."""
    try:
        await connection.execute(insert(saved_searches).values(vars(row)))
    except IntegrityError as error:
        raise Conflict(
            "search_name_taken",
            f"There is already a saved search named {row.name!r}.",
            "Choose another name, or remove that one first.",
        ) from error


async def delete_search(connection: AsyncConnection, user_id: UUID, search_id: UUID) -> SavedSearch:
    """Remove a user's search and return it. Raises NotFound (unknown_search)."""
    gone = (
        delete(saved_searches)
        .where(saved_searches.c.id == search_id, saved_searches.c.user_id == user_id)
        .returning(saved_searches)
    )
    found = (await connection.execute(gone)).one_or_none()
    if found is None:
        raise NotFound("unknown_search", f"You have no saved search {search_id}.", "List your searches for their ids.")
    return SavedSearch(**found._asdict())
