"""What a client may ask of the Activity Log: `$filter` in its documented forms, `$select` and `$top`.

Source: the REST reference "Activity Logs - List" (Microsoft.Insights 2015-04-01) and its specification. Beside the time
range one of four fields may be compared with `eq`; nothing else is allowed. `$top` is not in the specification.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator import ticks
from simulator.event_log import Position, Rendered
from simulator.wire import Ask, RefusedError

RETENTION = timedelta(days=90)
SELECTABLE = frozenset(
    (
        *("authorization", "claims", "correlationId", "description", "eventDataId", "eventName", "eventTimestamp"),
        *("httpRequest", "level", "operationId", "operationName", "properties", "resourceGroupName", "resourceId"),
        *("resourceProviderName", "status", "submissionTimestamp", "subStatus", "subscriptionId"),
    )
)
"""The documented list: caller, category, resourceType and tenantId are not in it."""

_OPTIONS = frozenset({"$filter", "$select", "$top", "$skiptoken"})
_FILTER = re.compile(
    r"eventTimestamp ge '(?P<since>[^']*)'"
    r"(?: and eventTimestamp le '(?P<until>[^']*)')?"
    r"(?: and (?P<field>resourceGroupName|resourceUri|resourceProvider|correlationId) eq '(?P<value>[^']+)')?"
)
_FOR_EVER = 1 << 62
_FIELDS: dict[str, Callable[[Rendered], str]] = {
    "resourceGroupName": lambda event: event.group,
    "resourceUri": lambda event: event.resource,
    "resourceProvider": lambda event: event.provider,
    "correlationId": lambda event: event.correlation,
}


@dataclass(frozen=True)
class Query:
    """Times in ticks, both ends included; `top` None is a whole page."""

    since: int
    until: int = _FOR_EVER
    field: str | None = None
    value: str = ""
    select: tuple[str, ...] = ()
    top: int | None = None

    @property
    def start(self) -> Position:
        """The position just above the newest event asked for."""
        return self.until + 1, 0

    def matches(self, event: Rendered) -> bool:
        return self.field is None or _FIELDS[self.field](event) == self.value


def parse(ask: Ask, now: datetime) -> Query:
    """Read the query of a request. Raises RefusedError for what is not documented and a start past the retention."""
    options = ask.options
    if unknown := [name for name in options if name.startswith("$") and name not in _OPTIONS]:
        raise bad_request(f"The query option '{unknown[0]}' is not supported.")
    parts = _FILTER.fullmatch(options.get("$filter", ""))
    if parts is None:
        raise bad_request("The $filter query parameter is missing or is not one of the supported forms.")
    since = _time(parts["since"])
    until = _FOR_EVER if parts["until"] is None else _time(parts["until"])
    if until < since:
        raise bad_request("The end time in the $filter is before the start time.")
    if since < oldest(now):
        message = "The start time cannot be more than 90 days in the past."
        raise RefusedError(400, "BadRequest", message, flat=True)
    value = (parts["value"] or "").lower()
    return Query(since, until, parts["field"], value, _select(options.get("$select", "")), _top(options.get("$top")))


def oldest(now: datetime) -> int:
    """Ticks of the oldest moment that is kept."""
    return ticks.from_datetime(now - RETENTION)


def bad_request(message: str) -> RefusedError:
    return RefusedError(400, "BadRequest", message)


def _time(text: str) -> int:
    try:
        return ticks.from_iso(text)
    except ValueError as unread:
        raise bad_request(f"The time '{text}' in the $filter is not valid.") from unread


def _select(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if unknown := [name for name in names if name not in SELECTABLE]:
        raise bad_request(f"The property '{unknown[0]}' cannot be selected.")
    return names


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise bad_request(f"The $top '{text}' is not a positive number.")
    return int(text)
