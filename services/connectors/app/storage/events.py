"""Events in and out: new ones go in with COPY, each once; searches stream."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.errors import UniqueViolation
from sqlalchemy import Select, desc, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Event, Severity
from app.events.power import power_state
from app.storage.facts import Numbers, copy_facts, numbers_of
from app.storage.raw import packed, unpacked
from app.storage.tables import EVENT_FIELDS, events

_COLUMNS = ", ".join((*EVENT_FIELDS, "connector", "power_state", "raw"))
_COPY = f"COPY events ({_COLUMNS}) FROM STDIN (FORMAT BINARY)"
_COPY_TYPES = [
    "uuid" if name == "id" else "timestamptz" if name.endswith("_time") else "text" for name in EVENT_FIELDS
] + ["text", "text", "bytea"]
_KNOWN = text("SELECT id FROM events WHERE id = ANY(CAST(:ids AS uuid[]))")

# The last power operation before a stop, the stop's own other records left out, says whether the machine was in use.
# Every stop after the earliest new one is judged again, because records come late and newest first.
_JUDGE_STOPS = text(
    """
    WITH changed AS (UPDATE events SET
        severity = CASE WHEN judged.stopped THEN 'info' ELSE 'medium' END::severity,
        severity_reason = CASE WHEN judged.stopped THEN :idle ELSE :in_use END
    FROM (
        SELECT stop.id, coalesce((
            SELECT earlier.power_state = 'stopped' FROM events AS earlier
            WHERE earlier.power_state IS NOT NULL AND earlier.outcome = 'success'
              AND md5(lower(earlier.resource_id)) = md5(lower(stop.resource_id))
              AND earlier.event_time < stop.event_time
              AND (stop.operation_id IS NULL OR earlier.operation_id IS DISTINCT FROM stop.operation_id)
            ORDER BY earlier.event_time DESC, earlier.id LIMIT 1
        ), false) AS stopped
        FROM events AS stop
        WHERE stop.power_state = 'stopped' AND stop.outcome <> 'failure'
          AND md5(lower(stop.resource_id)) = ANY(
              SELECT md5(lower(machine)) FROM unnest(CAST(:machines AS text[])) AS machine)
          AND stop.event_time >= :since
    ) AS judged
    WHERE events.id = judged.id
      AND events.severity <> CASE WHEN judged.stopped THEN 'info' ELSE 'medium' END::severity
    RETURNING events.event_time, events.id, events.severity)
    UPDATE event_facts SET severity = changed.severity FROM changed
    WHERE event_facts.event_time = changed.event_time AND event_facts.id = changed.id
    """
)
_IDLE = "stops a virtual machine that was already stopped"
_IN_USE = "stops a virtual machine in active use"


async def store_events(
    connection: AsyncConnection, connector: str, records: Sequence[tuple[Event, bytes]]
) -> list[Event]:
    """Store events with their raw bytes, each identity once, and return those that were new, by id.

    In a transaction of the caller's that stores no others: all writers take their events in the order of their ids,
    so that none waits for another in a circle.
    """
    waiting = {event.id.int: (event, raw) for event, raw in reversed(records)}  # of two copies the first is kept
    while new := await _unknown(connection, waiting):
        try:
            async with connection.begin_nested():
                rows = [(*msgspec.structs.astuple(event), connector) for event, _ in new]
                await _copy(connection, rows, new, await numbers_of(connection, rows))
        except IntegrityError as error:
            if not isinstance(error.orig, UniqueViolation):
                raise
            continue  # another writer has stored some meanwhile: they are known now, so this ends
        added = [event for event, _ in new]
        await _judge_stops(connection, added)
        return added
    return []


async def _unknown(connection: AsyncConnection, waiting: dict[int, tuple[Event, bytes]]) -> list[tuple[Event, bytes]]:
    """Return what is not stored yet, by id."""
    ids = ",".join(event.id.hex for event, _ in waiting.values())  # as text, many times faster than as a list
    known = {found.int for found in (await connection.execute(_KNOWN, {"ids": f"{{{ids}}}"})).scalars()}
    return [waiting[number] for number in sorted(waiting.keys() - known)]


async def _copy(
    connection: AsyncConnection,
    rows: Sequence[tuple[Any, ...]],
    records: Sequence[tuple[Event, bytes]],
    numbers: list[Numbers],
) -> None:
    driver: psycopg.AsyncConnection[Any] | None = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    try:
        async with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
            copy.set_types(_COPY_TYPES)
            for row, (event, raw) in zip(rows, records, strict=True):
                await copy.write_row((*row, power_state(event), packed(raw)))
        await copy_facts(driver, rows, numbers)
    except psycopg.Error as error:
        # SQLAlchemy knows nothing of COPY; its callers know its errors only.
        raise DBAPIError.instance(_COPY, None, error, psycopg.Error) from error
    except asyncio.CancelledError:
        # Nor would it know that this connection is in the middle of one.
        await connection.invalidate()
        raise


async def _judge_stops(connection: AsyncConnection, added: list[Event]) -> None:
    """Lower the stops of idle machines and raise those found in use, one writer at a time."""
    power = [event for event in added if power_state(event)]
    if not power:
        return
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('aisoc/power', 0))"))
    machines = list({event.resource_id for event in power if event.resource_id})
    since = min(event.event_time for event in power)
    await connection.execute(_JUDGE_STOPS, {"machines": machines, "since": since, "idle": _IDLE, "in_use": _IN_USE})


@dataclass(frozen=True)
class EventFilter:
    """Which events to read; empty parts do not restrict. Both times are inclusive."""

    connector: str | None = None
    severities: tuple[Severity, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    stored_after: datetime | None = field(default=None)


async def search_events(connection: AsyncConnection, wanted: EventFilter) -> AsyncIterator[Event]:
    """Stream the events that match, newest first."""
    rows = await connection.stream(_query(wanted), execution_options={"yield_per": 500})
    async for row in rows:
        yield Event(**dict(zip(EVENT_FIELDS, row, strict=True)))


def _query(wanted: EventFilter) -> Select[Any]:
    query = select(*(events.c[name] for name in EVENT_FIELDS)).order_by(desc(events.c.event_time), desc(events.c.id))
    if wanted.connector is not None:
        query = query.where(events.c.connector == wanted.connector)
    if wanted.severities:
        query = query.where(events.c.severity.in_(wanted.severities))
    if wanted.since is not None:
        query = query.where(events.c.event_time >= wanted.since)
    if wanted.until is not None:
        query = query.where(events.c.event_time <= wanted.until)
    if wanted.stored_after is not None:
        query = query.where(events.c.stored_at > wanted.stored_after)
    return query.limit(wanted.limit) if wanted.limit is not None else query


async def read_raw(connection: AsyncConnection, id_prefix: str) -> list[bytes]:
    """Return the exact bytes, as received, of the events whose id begins so (hexadecimal digits), two at most."""
    digits = id_prefix.replace("-", "")[:32]
    least, greatest = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    query = select(events.c.raw).where(events.c.id.between(least, greatest)).limit(2)
    return [unpacked(bytes(raw)) for raw in (await connection.execute(query)).scalars()]


async def count_by_severity(connection: AsyncConnection) -> dict[str, int]:
    """Return how many events of each severity are stored, highest first."""
    query = select(events.c.severity, func.count()).group_by(events.c.severity).order_by(desc(events.c.severity))
    return {severity.value: count for severity, count in await connection.execute(query)}
