"""Figures of what a search finds: how many when, and the most frequent values."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Interval, Select, cast, desc, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Severity
from app.search.query import Search
from app.storage.conditions import resolve
from app.storage.dimensions import OF_COLUMN, facts
from app.storage.reading import reading

MOST_BARS = 120
_SECOND, _MINUTE, _HOUR, _DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
_BUCKETS = (
    *(number * _SECOND for number in (1, 5, 15, 30)),
    *(number * _MINUTE for number in (1, 5, 15, 30)),
    *(number * _HOUR for number in (1, 3, 6, 12)),
    *(number * _DAY for number in (1, 7, 28, 364)),
)
# A Monday, so that weeks begin as people's do.
_ORIGIN = datetime(2001, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

TOP_FIELDS = {
    "severity": "severity",
    "operation": "event_type",
    "actor": "actor",
    "resource": "resource_id",
    "ip": "src_ip",
    "connector": "connector",
    "type": "resource_type",
    "group": "resource_group",
    "outcome": "outcome",
    "category": "activity_category",
    "status": "status",
    "subscription": "subscription_id",
    "tenant": "tenant_id",
}
"""The fields whose most frequent values can be had, and the part of an event that each shows."""


@dataclass(frozen=True)
class Bar:
    """How many events of each severity happened in a bucket of time that begins at a time; only what there is."""

    at: datetime
    counts: dict[Severity, int]

    @property
    def total(self) -> int:
        """How many events."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Histogram:
    """How many events a search finds over time: bars of one width from since on and before until, empty ones too."""

    bucket: timedelta
    since: datetime
    until: datetime
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Top:
    """A value, as it was spelled first, and how many of the events have it."""

    value: str
    count: int


async def histogram(
    connection: AsyncConnection, search: Search, now: datetime, bucket: timedelta | None = None
) -> Histogram:
    """Return how many events a search finds over time.

    Without a time in the search it begins with the oldest event stored and ends now. bucket: the width of the bars, or
    None for a round one; one that is too narrow for MOST_BARS bars is widened. Raises Retry (search_too_slow).
    """
    async with reading(connection):
        first, last = await _range(connection, search, now)
        bucket = max(bucket or _BUCKETS[0], _round_bucket(last - first))
        starts = _starts(first, last, bucket)
        found: dict[datetime, dict[Severity, int]] = {start: {} for start in starts}
        condition = (await resolve(connection, search)).found
        if condition is not None and starts:
            at = func.date_bin(cast(literal(bucket), Interval), facts.c.event_time, _ORIGIN)
            query = select(at, facts.c.severity, func.count()).where(condition, facts.c.event_time >= starts[0])
            for start, severity, number in await connection.execute(query.group_by(at, facts.c.severity)):
                found.setdefault(start, {})[severity] = number
    until = starts[-1] + bucket if starts else first
    return Histogram(bucket, starts[0] if starts else first, until, tuple(Bar(*each) for each in found.items()))


async def top_values(connection: AsyncConnection, search: Search, field: str, limit: int = 10) -> list[Top]:
    """Return the most frequent values of a field (of TOP_FIELDS) among what a search finds, most frequent first.

    Events without a value are left out. Raises KeyError for another field, Retry (search_too_slow).
    """
    column = TOP_FIELDS[field]
    async with reading(connection):
        condition = (await resolve(connection, search)).found
        if condition is None:
            return []
        query = _severities(condition) if field == "severity" else _values(condition, column)
        return [Top(str(value), number) for value, number in await connection.execute(query.limit(limit))]


async def _range(connection: AsyncConnection, search: Search, now: datetime) -> tuple[datetime, datetime]:
    """Return the time that a histogram is about: until is not later than now and the newest event."""
    ends = select(func.min(facts.c.event_time), func.max(facts.c.event_time))
    oldest, newest = (await connection.execute(ends)).one()
    end = max(now, newest + _MICROSECOND) if newest else now
    since = search.since or oldest or now
    return max(since, _EARLIEST), min(search.until or end, end)


def _round_bucket(span: timedelta) -> timedelta:
    """Return the narrowest round width that needs no more than MOST_BARS bars."""
    fitting = (width for width in _BUCKETS if span <= width * (MOST_BARS - 1))
    return next(fitting, _BUCKETS[-1])


def _starts(first: datetime, last: datetime, bucket: timedelta) -> list[datetime]:
    """Return where the bars begin; the first one holds the first moment."""
    begin = first - (first - _ORIGIN) % bucket
    return [begin + number * bucket for number in range(max(0, -((begin - last) // bucket)))]


def _severities(condition: ColumnElement[bool]) -> Select[Any]:
    number = func.count()
    counted: Select[Any] = select(facts.c.severity, number)
    return counted.where(condition).group_by(facts.c.severity).order_by(desc(number))


def _values(condition: ColumnElement[bool], column: str) -> Select[Any]:
    """Count by number first, so that texts are looked up once a number and not once an event."""
    dimension = OF_COLUMN[column]
    counted = (
        select(dimension.fact.label("number"), func.count().label("events"))
        .where(condition)
        .group_by(dimension.fact)
        .subquery()
    )
    table = dimension.table
    events = func.sum(counted.c.events)
    value = func.min(func.coalesce(table.c.spelled[column].astext, table.c[column]))
    number: Any = cast(events, BigInteger)
    return (
        select(value, number)
        .join_from(counted, table, table.c.id == counted.c.number)
        .where(table.c[column] != "")
        .group_by(table.c[column])
        .order_by(desc(events), table.c[column])
    )
