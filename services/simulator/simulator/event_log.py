"""The events of one subscription, rendered once and kept in order of time."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from simulator import ticks
from simulator.wire import compact

Position = tuple[int, int]
"""(event time in ticks, order of publication): unique, so that a cursor between two events is exact."""

_GROUP = re.compile(r"/resourceGroups/([^/]+)", re.IGNORECASE)
_PROVIDER = re.compile(r"/providers/([^/]+)", re.IGNORECASE)


class Rendered(NamedTuple):
    """An event ready to be served. Times are ticks; the last four, in lower case, are what $filter can ask for."""

    at: int
    shown_at: int
    event_id: str
    body: bytes
    group: str
    resource: str
    provider: str
    correlation: str


class Entry(NamedTuple):
    at: int
    order: int
    event: Rendered


class EventLog:
    """Entries from the oldest to the newest; events of one time keep their order of publication."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._published = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, events: Iterable[Rendered]) -> None:
        batch = sorted(Entry(event.at, order, event) for order, event in enumerate(events, self._published))
        self._published += len(batch)
        in_order = not self._entries or not batch or self._entries[-1] < batch[0]
        self._entries.extend(batch)
        if not in_order:
            self._entries.sort()

    def newest_first(self, since: int, below: Position) -> Iterator[Entry]:
        """Entries before a position, down to those that happened at `since`."""
        index = bisect_left(self._entries, below, key=_position)
        while index > 0:
            index -= 1
            entry = self._entries[index]
            if entry.at < since:
                return
            yield entry


def _position(entry: Entry) -> Position:
    return entry.at, entry.order


def rendered(event: Mapping[str, Any]) -> Rendered:
    """Render an event in the REST shape; it shows from its submissionTimestamp, else from its eventTimestamp."""
    at = ticks.from_iso(event["eventTimestamp"])
    submitted = event.get("submissionTimestamp")
    resource = str(event.get("resourceId") or event.get("resourceUri") or "")
    return Rendered(
        at,
        ticks.from_iso(submitted) if submitted else at,
        event["eventDataId"],
        compact(event),
        str(event.get("resourceGroupName") or _first(_GROUP, resource)).lower(),
        resource.lower(),
        (_value(event.get("resourceProviderName")) or _first(_PROVIDER, resource)).lower(),
        str(event.get("correlationId") or "").lower(),
    )


def _value(name: Any) -> str:
    return str((name.get("value") if isinstance(name, Mapping) else name) or "")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""
