"""The pages of the Activity Log, served from an event log and without a network.

Pages hold 200 events, newest first. A nextLink is a cursor with raw ':' and ';' in its `$skipToken`; re-encoded it is
refused, as Azure does (azure-powershell issue 3169, steampipe issue 807). Empty pages with a nextLink happen
(Azure-Lighthouse-samples issue 60). The last page's nextLink is absent, null or "".
"""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random

from simulator import activity_query, faults, ticks
from simulator.activity_query import Query, bad_request
from simulator.event_log import Entry, EventLog, Position, Rendered
from simulator.wire import Ask, Reply, compact

_TOKEN = re.compile(r"US1:(\d{19}):([0-9a-f]{8});US0:(\d+):FFFFFFFF;EU1:(\d+):([0-9a-f]{8})")
_SKIP = "$skipToken="
_ENDS = (b"}", b',"nextLink":null}', b',"nextLink":""}')


@dataclass
class Paging:
    """Settings: events a page; the share of pages that are empty and yet have a nextLink; how many such in a row.

    `shuffled` mixes the events within a page: newest first is usual, not promised.
    """

    page_size: int = 200
    empty_share: float = 0.05
    empty_in_a_row: int = 2
    shuffled: bool = False


@dataclass(frozen=True)
class Cursor:
    """Where a page starts. `hop` tells the links of one session apart; `empties` counts empty pages in a row."""

    below: Position
    hop: int = 0
    empties: int = 0

    def after(self, entries: list[Entry]) -> "Cursor":
        if not entries:
            return Cursor(self.below, self.hop + 1, self.empties + 1)
        return Cursor((entries[-1].at, entries[-1].order), self.hop + 1)

    def again(self) -> "Cursor":
        return Cursor(self.below, self.hop + 1, self.empties)


class Pages:
    """Serves one subscription's pages to one request."""

    def __init__(self, log: EventLog, paging: Paging, rng: Random, now: datetime) -> None:
        self._log, self._paging, self._rng, self._now = log, paging, rng, now

    def answer(self, ask: Ask, origin: str, fault: faults.Page | None, elsewhere: str) -> Reply:
        """One page; nextLink is built on `origin`. Raises RefusedError for what the documentation does not allow."""
        query = activity_query.parse(ask, self._now)
        cursor = _cursor(ask, query)
        entries, more = ([], True) if self._is_empty(cursor, fault) else self._page(query, cursor)
        link = _link(ask, cursor.after(entries)) if more else None
        if fault is not None and fault.how != "empty":
            origin, link = _misled(fault, ask, cursor, origin, elsewhere)
        if self._paging.shuffled:
            self._rng.shuffle(entries)
        events = [_selected(entry.event, query.select) for entry in entries]
        return Reply(200, b'{"value":[' + b",".join(events) + b"]" + self._end(origin, link))

    def _is_empty(self, cursor: Cursor, fault: faults.Page | None) -> bool:
        if fault is not None:
            return fault.how == "empty"
        return cursor.empties < self._paging.empty_in_a_row and self._rng.random() < self._paging.empty_share

    def _page(self, query: Query, cursor: Cursor) -> tuple[list[Entry], bool]:
        size = min(query.top or self._paging.page_size, self._paging.page_size)
        entries = list(islice(shown(self._log, query, cursor.below, self._now), size + 1))
        return entries[:size], len(entries) > size

    def _end(self, origin: str, link: str | None) -> bytes:
        if link is None:
            return self._rng.choice(_ENDS)
        return b',"nextLink":' + compact(origin + link) + b"}"


def shown(log: EventLog, query: Query, below: Position, now: datetime) -> Iterator[Entry]:
    """Yield what a reader is shown below a position, newest first: submitted by now and within the retention."""
    moment, since = ticks.from_datetime(now), max(query.since, activity_query.oldest(now))
    for entry in log.newest_first(since, below):
        if entry.event.shown_at <= moment and query.matches(entry.event):
            yield entry


def _cursor(ask: Ask, query: Query) -> Cursor:
    """Read the position in the skip token. A link that is not the one we wrote, byte for byte, is refused."""
    if "$skiptoken" not in ask.options:
        return Cursor(query.start)
    before, _, token = ask.target.rpartition(_SKIP)
    parts = _TOKEN.fullmatch(token)
    if parts is None or parts[5] != _seal(f"{before}{_SKIP}{token[:-9]}"):
        raise bad_request("The $skipToken is not valid.")
    return Cursor((int(parts[1]), int(parts[2], 16)), int(parts[3]), int(parts[4]))


def _link(ask: Ask, cursor: Cursor) -> str:
    """Path and query of the page at a cursor, the rest of the query as it came."""
    (at, order), path = cursor.below, ask.target.partition("?")[0]
    kept = "&".join(part for part in ask.query.split("&") if not part.startswith(_SKIP))
    link = f"{path}?{kept}&{_SKIP}US1:{at:019d}:{order:08x};US0:{cursor.hop}:FFFFFFFF;EU1:{cursor.empties}"
    return f"{link}:{_seal(link)}"


def _seal(link: str) -> str:
    return f"{zlib.crc32(link.encode()):08x}"


def _misled(fault: faults.Page, ask: Ask, cursor: Cursor, origin: str, elsewhere: str) -> tuple[str, str]:
    if fault.how == "looping":
        return origin, ask.target
    if fault.how == "foreign":
        return fault.origin or elsewhere, _link(ask, cursor.again())
    return origin, _link(ask, cursor.again())


def _selected(event: Rendered, names: tuple[str, ...]) -> bytes:
    if not names:
        return event.body
    whole = json.loads(event.body)
    return compact({name: whole[name] for name in names if name in whole})
