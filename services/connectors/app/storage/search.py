"""Searching the stored events: a page at a time, or all of them in a stream."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Select, desc, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Event
from app.search.query import Search
from app.storage.conditions import Truth, condition_of_times, resolve
from app.storage.cursors import Position, read_cursor, written_cursor
from app.storage.dimensions import facts
from app.storage.reading import reading
from app.storage.tables import EVENT_FIELDS, events, id_range

# A search first looks at so many of the nearest events in their order, and finds there what is frequent.
_NEAREST = 20_000
_STREAMED = 1_000


_PLACE = (facts.c.event_time, facts.c.id)


@dataclass(frozen=True)
class _Order:
    """By time, and by id where times are the same."""

    newest_first: bool

    def by_time(self, query: Select[Any], rows: FromClause = facts) -> Select[Any]:
        """Return the query in this order."""
        columns = (rows.c.event_time, rows.c.id)
        return query.order_by(*(map(desc, columns) if self.newest_first else columns))

    def after(self, position: Position) -> Truth:
        """Return the condition that an event comes after a position."""
        return tuple_(*_PLACE) < tuple_(*position) if self.newest_first else tuple_(*_PLACE) > tuple_(*position)

    def until(self, position: Position) -> Truth:
        """Return the condition that an event comes before a position, or is there."""
        return tuple_(*_PLACE) >= tuple_(*position) if self.newest_first else tuple_(*_PLACE) <= tuple_(*position)


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
        condition = (await resolve(connection, search)).found
        if condition is None:
            return Page((), None)
        found = await _positions(connection, search, condition, after, limit + 1, _Order(newest_first))
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
        condition = (await resolve(connection, search)).found
        if condition is None:
            return 0
        some = select(facts.c.act).where(condition).limit(at_most).subquery()
        return int((await connection.execute(select(func.count()).select_from(some))).scalar_one())


async def read_event(connection: AsyncConnection, event_id: UUID) -> StoredEvent | None:
    """Return one event, or None when it is not stored."""
    return next(iter(await read_stored(connection, [event_id])), None)


async def find_ids(connection: AsyncConnection, prefix: str) -> list[UUID]:
    """Return the ids that begin so (hexadecimal digits), two at most."""
    least, greatest = id_range(prefix)
    query = select(events.c.id).where(events.c.id.between(least, greatest)).limit(2)
    return list((await connection.execute(query)).scalars())


async def read_stored(connection: AsyncConnection, ids: Sequence[UUID]) -> tuple[StoredEvent, ...]:
    """Return events in the order of the ids; what is not stored is left out."""
    columns = [*(events.c[name] for name in EVENT_FIELDS), events.c.connector, events.c.stored_at]
    rows = await connection.execute(select(*columns).where(events.c.id.in_(ids)))
    stored = {row.id: StoredEvent(_event(row[:-2]), row.connector, row.stored_at) for row in rows}
    return tuple(stored[each] for each in ids if each in stored)


def _event(row: Sequence[Any]) -> Event:
    return Event(**dict(zip(EVENT_FIELDS, row, strict=True)))


async def _positions(
    connection: AsyncConnection, search: Search, condition: Truth, after: Position | None, limit: int, order: _Order
) -> list[Position]:
    """Return the first events after a position that meet a condition.

    What is frequent is found among the nearest. What is rare is looked for in all the rest at once: to walk there in
    order, row by row, costs more than to read them as they lie and to sort what is found.
    """
    bounds = [condition_of_times(search)]
    if after is not None:
        bounds.append(order.after(after))
    edge = order.by_time(select(*_PLACE).where(*bounds)).offset(_NEAREST).limit(1)
    last = (await connection.execute(edge)).one_or_none()
    near = [] if last is None else [order.until(Position(*last))]
    found = await _read(connection, order.by_time(select(*_PLACE).where(condition, *bounds, *near)).limit(limit))
    if last is None or len(found) == limit:
        return found
    everything = select(*_PLACE).where(condition, *bounds).offset(0).subquery()
    return await _read(connection, order.by_time(select(everything), everything).limit(limit))


async def _read(connection: AsyncConnection, query: Select[Any]) -> list[Position]:
    return [Position(*row) for row in await connection.execute(query)]
