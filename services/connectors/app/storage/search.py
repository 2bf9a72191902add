"""Searching the stored events: a page at a time, or all of them in a stream."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, desc, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Event
from app.search.query import Search
from app.storage.conditions import condition_of
from app.storage.cursors import Position, read_cursor, written_cursor
from app.storage.dimensions import facts
from app.storage.reading import reading
from app.storage.tables import EVENT_FIELDS, events

# A search first looks at so many of the nearest events in their order, and finds there what is frequent.
_NEAREST = 20_000
_STREAMED = 500


@dataclass(frozen=True)
class StoredEvent:
    """An event as it is stored: with the connector or the file's name that brought it first, and when."""

    event: Event
    connector: str
    stored_at: datetime


@dataclass(frozen=True)
class Page:
    """Some of the events that a search finds. next_cursor: what to ask for the next ones with; None at the end."""

    events: tuple[StoredEvent, ...]
    next_cursor: str | None


async def find_page(
    connection: AsyncConnection,
    search: Search,
    cursor: str | None = None,
    limit: int = 50,
    *,
    newest_first: bool = True,
) -> Page:
    """Return the next events that a search finds, by time, those of one time by id.

    cursor: next_cursor of the page before, of the same search and order. limit: 1 to 1,000.
    Raises InvalidInput (invalid_cursor) and Retry (search_too_slow).
    """
    after = read_cursor(cursor) if cursor else None
    async with reading(connection):
        condition = await condition_of(connection, search)
        if condition is None:
            return Page((), None)
        found = await _positions(connection, condition, after, limit + 1, newest_first=newest_first)
        more = len(found) > limit
        stored = await read_stored(connection, [position.id for position in found[:limit]])
    return Page(stored, written_cursor(found[limit - 1]) if more else None)


async def stream(
    connection: AsyncConnection, search: Search, limit: int | None = None, *, newest_first: bool = True
) -> AsyncIterator[StoredEvent]:
    """Yield all events that a search finds, or so many, reading them in pages. Raises Retry (search_too_slow)."""
    cursor, left = None, limit
    while left is None or left > 0:
        page = await find_page(connection, search, cursor, min(_STREAMED, left or _STREAMED), newest_first=newest_first)
        for stored in page.events:
            yield stored
        left = None if left is None else left - len(page.events)
        cursor = page.next_cursor
        if cursor is None:
            return


async def count(connection: AsyncConnection, search: Search, at_most: int = 10_000) -> int:
    """Return how many events a search finds; counting ends at at_most. Raises Retry (search_too_slow)."""
    async with reading(connection):
        condition = await condition_of(connection, search)
        if condition is None:
            return 0
        some = select(facts.c.act).where(condition).limit(at_most).subquery()
        return int((await connection.execute(select(func.count()).select_from(some))).scalar_one())


async def read_event(connection: AsyncConnection, event_id: UUID) -> StoredEvent | None:
    """Return one event, or None when it is not stored."""
    return next(iter(await read_stored(connection, [event_id])), None)


async def read_stored(connection: AsyncConnection, ids: Sequence[UUID]) -> tuple[StoredEvent, ...]:
    """Return events in the order of the ids; what is not stored is left out."""
    columns = [*(events.c[name] for name in EVENT_FIELDS), events.c.connector, events.c.stored_at]
    rows = await connection.execute(select(*columns).where(events.c.id.in_(ids)))
    stored = {row.id: StoredEvent(_event(row[:-2]), row.connector, row.stored_at) for row in rows}
    return tuple(stored[each] for each in ids if each in stored)


def _event(row: Sequence[Any]) -> Event:
    return Event(**dict(zip(EVENT_FIELDS, row, strict=True)))


async def _positions(
    connection: AsyncConnection,
    condition: ColumnElement[bool],
    after: Position | None,
    limit: int,
    *,
    newest_first: bool,
) -> list[Position]:
    """Return the first events after a position that meet a condition.

    What is frequent is found among the nearest. What is rare is searched for in all the rest at once: walking there in
    order would cost as much as reading everything, row by row.
    """
    if after is not None:
        place = tuple_(facts.c.event_time, facts.c.id)
        bound = tuple_(after.event_time, after.id)
        condition = and_(condition, place < bound if newest_first else place > bound)
    return await _read(connection, _ordered(facts, newest_first=newest_first).where(condition).limit(limit))


def _ordered(table: Any, *, newest_first: bool) -> Select[Any]:
    order = (table.c.event_time, table.c.id)
    return select(*order).order_by(*(map(desc, order) if newest_first else order))


async def _read(connection: AsyncConnection, query: Select[Any]) -> list[Position]:
    return [Position(*row) for row in await connection.execute(query)]
