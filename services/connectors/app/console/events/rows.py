"""The rows of the events' table, a block at a time as the reader scrolls."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Event
from app.search.query import Search
from app.storage.search import Page, StoredEvent, find_page

BLOCK = 100
Row = dict[str, str]


class Block(NamedTuple):
    """Some rows. end: the number of all rows, once the last ones are among these. last: when the last one happened."""

    rows: list[Row]
    end: int | None
    last: datetime | None


class Blocks:
    """What one search finds, by number of the block; no more of it is held than where each block begins."""

    def __init__(self, search: Search, *, newest_first: bool) -> None:
        self.search = search
        self.newest_first = newest_first
        self._cursors: list[str | None] = [None]

    async def read(self, connection: AsyncConnection, number: int) -> Block:
        """Return a block; blocks before it that nobody read are walked through.

        Raises Retry (search_too_slow).
        """
        while len(self._cursors) <= number:
            known = len(self._cursors) - 1
            page = await self._page(connection, known)
            if page.next_cursor is None:
                return Block([], known * BLOCK + len(page.events), None)
        page = await self._page(connection, number)
        end = number * BLOCK + len(page.events) if page.next_cursor is None else None
        last = page.events[-1].event.event_time if page.events else None
        return Block([row_of(stored) for stored in page.events], end, last)

    async def _page(self, connection: AsyncConnection, number: int) -> Page:
        page = await find_page(connection, self.search, self._cursors[number], BLOCK, newest_first=self.newest_first)
        if page.next_cursor is not None and len(self._cursors) == number + 1:
            self._cursors.append(page.next_cursor)
        return page


def row_of(stored: StoredEvent) -> Row:
    """Return what the table shows of an event."""
    event = stored.event
    return {
        "id": str(event.id),
        "time": f"{event.event_time:%Y-%m-%d %H:%M:%S}",
        "severity": event.severity.value,
        "reason": event.severity_reason,
        "title": event.title,
        "actor": event.actor or "",
        "resource": event.resource_name or event.resource_id or "",
        "outcome": outcome_word(event),
        "ip": event.src_ip or "",
        "connector": stored.connector,
    }


def outcome_word(event: Event) -> str:
    """Return how it ended, in the source's own word where it has one."""
    return event.status or event.outcome.replace("_", " ")
