"""The stored records of operations: those near in time, and those that the operations' alerts have already."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.operations import Held, operation_key
from app.events.event import Event
from app.storage.arrays import bytes_array, text_array, time_array, uuid_array
from app.storage.raw import unpacked
from app.storage.tables import EVENT_FIELDS, events

# An operation may take long; its records are looked for so far around those at hand.
_AROUND = timedelta(days=1)
_COLUMNS = tuple(events.c[name] for name in (*EVENT_FIELDS, "connector", "raw"))
_HELD = ", ".join(f"events.{column.name}" for column in _COLUMNS)
NEAR = text(
    f"""
    SELECT {_HELD}
    FROM unnest(CAST(:resources AS text[]), CAST(:correlations AS text[]),
                CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
        AS asked (resource, correlation, since, until)
    CROSS JOIN LATERAL (
        SELECT id FROM event_places WHERE md5(resource_id) = md5(asked.resource) OFFSET 0
    ) AS places
    CROSS JOIN LATERAL (
        SELECT id FROM event_facts
        WHERE CAST(md5(place || ' ' || correlation_id) AS uuid)
                = CAST(md5(places.id || ' ' || asked.correlation) AS uuid)
            AND (event_time AT TIME ZONE 'UTC')
                BETWEEN (asked.since AT TIME ZONE 'UTC') AND (asked.until AT TIME ZONE 'UTC')
            AND id <> ALL(CAST(:at_hand AS uuid[]))
        OFFSET 0
    ) AS near
    CROSS JOIN LATERAL (SELECT * FROM events WHERE id = near.id OFFSET 0) AS events
    """  # noqa: S608 - names of ours
).columns(*_COLUMNS)
"""The records near in time that have an operation's place and correlation id, but for those at hand.

The server keeps the plan of a statement for long, perhaps from when the tables were empty. So each step is a query of
its own (OFFSET 0), and place, correlation id and time are asked for as one index alone has them.
"""
_BY_ID = text(
    f"SELECT {_HELD} FROM events WHERE id = ANY(CAST(:ids AS uuid[]))"  # noqa: S608 - names of ours
).columns(*_COLUMNS)
_ALERTED = text(
    """
    SELECT alerts.operation, alerts.rule_id AS alert, alert_events.event_id, alert_events.rule_id AS rule
    FROM alerts JOIN alert_events ON alert_events.alert_id = alerts.id
    WHERE alerts.operation = ANY(CAST(:operations AS bytea[]))
    """
)

Alerted = dict[str, dict[UUID, str]]
"""What the alerts of one operation have: by rule the events of its alert, and the rule that each matched."""


async def read_alerted(connection: AsyncConnection, operations: Collection[bytes]) -> dict[bytes, Alerted]:
    """Return what the alerts about operations have, by operation."""
    found: dict[bytes, Alerted] = {}
    for operation, alert, event_id, rule in await connection.execute(_ALERTED, {"operations": bytes_array(operations)}):
        found.setdefault(bytes(operation), {}).setdefault(alert, {})[event_id] = rule
    return found


async def read_siblings(
    connection: AsyncConnection, at_hand: Mapping[bytes, Sequence[Held]], alerted: Mapping[bytes, Alerted]
) -> list[Held]:
    """Return the stored records of operations that are not among those at hand.

    at_hand: some records of each operation. Found are records within a day of these, and those that the operations'
    alerts have, however far away.
    """
    here = {held.event.id for records in at_hand.values() for held in records}
    near = [held for held in await _read_near(connection, at_hand, here) if operation_key(held.event) in at_hand]
    attached = {event_id for known in alerted.values() for of_rule in known.values() for event_id in of_rule}
    missing = attached - here - {held.event.id for held in near}
    return near + (await read_records(connection, missing) if missing else [])


async def _read_near(
    connection: AsyncConnection, at_hand: Mapping[bytes, Sequence[Held]], here: Collection[UUID]
) -> list[Held]:
    asked = [_asked([held.event for held in records]) for records in at_hand.values()]
    found = [each for each in asked if each]
    if not found:
        return []
    resources, correlations, since, until = zip(*found, strict=True)
    columns = {
        "resources": text_array(resources),
        "correlations": text_array(correlations),
        "since": time_array(since),
        "until": time_array(until),
        "at_hand": uuid_array(here),
    }
    return [_held(row) for row in await connection.execute(NEAR, columns)]


def _asked(records: Sequence[Event]) -> tuple[Any, ...] | None:
    """Return where and when an operation's records are looked for; None for a record that is alone."""
    one = records[0]
    if not (one.correlation_id or one.operation_id):
        return None
    times = [event.event_time for event in records]
    resource, correlation = (one.resource_id or "").lower(), (one.correlation_id or "").lower()
    return resource, correlation, min(times) - _AROUND, max(times) + _AROUND


async def read_records(connection: AsyncConnection, ids: Collection[UUID]) -> list[Held]:
    """Return the stored records of events."""
    return [_held(row) for row in await connection.execute(_BY_ID, {"ids": uuid_array(ids)})]


def _held(row: Row[Any]) -> Held:
    event = Event(**dict(zip(EVENT_FIELDS, row[:-2], strict=True)))
    return Held(event, unpacked(bytes(row.raw)), row.connector)
