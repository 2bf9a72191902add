"""Events go in with COPY, each once; their raw bytes come back out."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.errors import UniqueViolation
from sqlalchemy import desc, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Event
from app.events.power import power_state
from app.storage.arrays import uuid_array
from app.storage.facts import COPY_FACTS, FACT_TYPES, Numbers, fact_rows, numbers_of
from app.storage.raw import packed, unpacked
from app.storage.tables import EVENT_FIELDS, events, id_range

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
                await _copy(connection, rows, new, await connection.run_sync(numbers_of, rows))
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
    ids = uuid_array(event.id for event, _ in waiting.values())
    known = {found.int for found in (await connection.execute(_KNOWN, {"ids": ids})).scalars()}
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
        async with driver.cursor() as cursor, cursor.copy(COPY_FACTS) as copy:
            copy.set_types(FACT_TYPES)
            for row in fact_rows(rows, numbers):
                await copy.write_row(row)
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


async def newly_stored(connection: AsyncConnection, after: datetime) -> list[Event]:
    """Return the events that were stored after a time, newest first. It reads the whole table: for small stores."""
    query = select(*(events.c[name] for name in EVENT_FIELDS)).where(events.c.stored_at > after)
    rows = await connection.execute(query.order_by(desc(events.c.event_time), desc(events.c.id)))
    return [Event(**dict(zip(EVENT_FIELDS, row, strict=True))) for row in rows]


async def read_raw(connection: AsyncConnection, id_prefix: str) -> list[bytes]:
    """Return the exact bytes, as received, of the events whose id begins so (hexadecimal digits), two at most."""
    query = select(events.c.raw).where(events.c.id.between(*id_range(id_prefix))).limit(2)
    return [unpacked(bytes(raw)) for raw in (await connection.execute(query)).scalars()]


async def count_by_severity(connection: AsyncConnection) -> dict[str, int]:
    """Return how many events of each severity are stored, highest first."""
    query = select(events.c.severity, func.count()).group_by(events.c.severity).order_by(desc(events.c.severity))
    return {severity.value: count for severity, count in await connection.execute(query)}
