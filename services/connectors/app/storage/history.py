"""The stored events of some operations in the order of time, many at once: what hunts judge."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Event, Severity
from app.storage.dimensions import ACT, facts
from app.storage.tables import EVENT_FIELDS

_BATCH = 1_000
_COLUMNS = ", ".join(f"events.{name}{'::text' if name == 'severity' else ''}" for name in EVENT_FIELDS)
_SEVERITY = EVENT_FIELDS.index("severity")
_SEVERITIES = {severity.value: severity for severity in Severity}
_STREAM = f"""
    SELECT {_COLUMNS}, events.connector, events.raw
    FROM event_facts AS fact JOIN events ON events.id = fact.id
    WHERE fact.event_time >= %(since)s AND fact.event_time < %(until)s AND fact.act = ANY(%(acts)s)
    ORDER BY fact.event_time, fact.id
"""  # noqa: S608 - the columns are ours


@dataclass(frozen=True)
class Act:
    """An operation (in lower case) and a category (as first spelled) that events have, by its number."""

    number: int
    operation: str
    category: str


async def read_acts(connection: AsyncConnection) -> list[Act]:
    """Return all operations and categories that were ever stored; one may come under several numbers."""
    columns = ACT.table.c
    rows = await connection.execute(
        select(columns.id, columns.event_type, columns.activity_category, columns.spelled["activity_category"].astext)
    )
    return [Act(number, operation, spelled or category) for number, operation, category, spelled in rows]


async def count_events(connection: AsyncConnection, acts: Collection[int], since: datetime, until: datetime) -> int:
    """Return how many events of these acts happened in a time."""
    query = select(func.count()).where(facts.c.event_time >= since, facts.c.event_time < until)
    return int((await connection.execute(query.where(facts.c.act.in_(acts)))).scalar_one())


@dataclass(frozen=True)
class Row:
    """A stored event, what brought it, and its raw bytes as they are stored (`raw.unpacked` opens them)."""

    event: Event
    connector: str
    packed: bytes


async def stream_events(
    connection: AsyncConnection, acts: Collection[int], since: datetime, until: datetime
) -> AsyncIterator[list[Row]]:
    """Yield the events of these acts that happened in a time, oldest first, in batches, as of the beginning.

    In a transaction of the caller's.
    """
    driver: psycopg.AsyncConnection[Any] | None = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    try:
        async with driver.cursor("hunt", binary=True) as cursor:
            await cursor.execute(_STREAM, {"since": since, "until": until, "acts": list(acts)})
            while rows := await cursor.fetchmany(_BATCH):
                yield [_row(row) for row in rows]
    except psycopg.Error as error:
        raise DBAPIError.instance(_STREAM, None, error, psycopg.Error) from error


def _row(row: Sequence[Any]) -> Row:
    *values, connector, raw = row
    values[_SEVERITY] = _SEVERITIES[values[_SEVERITY]]
    return Row(Event(**dict(zip(EVENT_FIELDS, values, strict=True))), connector, raw)
