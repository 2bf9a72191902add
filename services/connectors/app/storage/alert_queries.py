"""Reading alerts: the queue page by page, how many there are, and one with all that belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, desc, func, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import InvalidInput, NotFound
from app.events.event import Outcome, Severity
from app.storage.alert_filter import STATUSES, AlertFilter, Status, Verdict, condition_of
from app.storage.alerts import AlertKind, Entity
from app.storage.cursors import Position, read_cursor, written_cursor
from app.storage.detection_tables import alert_changes, alert_entities, alert_events, alerts

Order = Literal["newest", "severity"]
# Counting ends here, in each status.
MOST_COUNTED = 10_000
_LISTED_ENTITIES = 20
_MOST_ENTITIES = 500
_MOST_EVENTS = 500
_MOST_CHANGES = 1_000


@dataclass(frozen=True)
class AlertRow:
    """An alert as it is stored.

    facts: what its title was filled in from, and more, by name. entities: some of them in lists, up to 500 in detail.
    superseded_by: the alert that says the same and more; suppressed_by: what holds it back. Both are out of the queue.
    """

    id: UUID
    rule_id: str
    rule_title: str
    kind: AlertKind
    severity: Severity
    title: str
    outcome: Outcome
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    facts: dict[str, Any]
    connector: str
    subscription_id: str | None
    first_time: datetime
    last_time: datetime
    events: int
    status: Status
    verdict: Verdict | None
    assignee: str | None
    superseded_by: UUID | None
    suppressed_by: UUID | None
    created_at: datetime
    updated_at: datetime
    entities: tuple[Entity, ...] = ()


@dataclass(frozen=True)
class AlertCounts:
    """How many alerts a filter finds by status, whatever statuses it asks for, and by severity of those it asks for.

    more: whether counting ended at MOST_COUNTED in a status.
    """

    by_status: dict[Status, int]
    by_severity: dict[Severity, int]
    more: bool


@dataclass(frozen=True)
class EventOfAlert:
    """An event of an alert. rule_id: the event rule that it matched; empty where it came with its operation."""

    event_id: UUID
    rule_id: str


@dataclass(frozen=True)
class AlertChangeRow:
    """What was done to an alert.

    action: by people `change` with [before, after] of each field, or `note` with its text; by detection `created`,
    `outcome`, `superseded`; by both `suppressed`.
    """

    at: datetime
    actor: str
    action: str
    facts: dict[str, Any]


_COLUMNS = [alerts.c[name] for name in AlertRow.__dataclass_fields__ if name != "entities"]


async def find_alerts(
    connection: AsyncConnection, wanted: AlertFilter, order: Order, limit: int, cursor: str | None = None
) -> tuple[tuple[AlertRow, ...], str | None]:
    """Return the next alerts of a filter, and the cursor of what follows; None at the end.

    order: by their last event's time, latest first; `severity` puts the most severe before. Raises InvalidInput
    (invalid_cursor).
    """
    place = _PLACES[order]
    query = select(*_COLUMNS).where(condition_of(wanted)).order_by(*map(desc, place)).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(*_read_place(order, cursor)))
    found = [_row(row) for row in await connection.execute(query)]
    rows = await _with_entities(connection, found[:limit], _LISTED_ENTITIES)
    return tuple(rows), _written_place(order, rows[-1]) if len(found) > limit else None


async def find_alert(connection: AsyncConnection, alert_id: UUID) -> AlertRow:
    """Return an alert. Raises NotFound (unknown_alert)."""
    found = (await connection.execute(select(*_COLUMNS).where(alerts.c.id == alert_id))).one_or_none()
    if found is None:
        raise unknown_alert(alert_id)
    (row,) = await _with_entities(connection, [_row(found)], _MOST_ENTITIES)
    return row


async def read_alerts(connection: AsyncConnection, ids: Sequence[UUID], *, to_change: bool = False) -> list[AlertRow]:
    """Return alerts in the order of the ids, each once. Raises NotFound (unknown_alert).

    to_change: keep others from changing them until the transaction ends.
    """
    query = select(*_COLUMNS).where(alerts.c.id.in_(ids)).order_by(alerts.c.id)
    rows = await connection.execute(query.with_for_update() if to_change else query)
    found = {row.id: _row(row) for row in rows}
    for alert_id in ids:
        if alert_id not in found:
            raise unknown_alert(alert_id)
    return await _with_entities(connection, [found[each] for each in dict.fromkeys(ids)], _LISTED_ENTITIES)


async def find_alert_ids(connection: AsyncConnection, least: UUID, greatest: UUID) -> list[UUID]:
    """Return ids of alerts between two, two at most: what a prefix of an id may mean."""
    query = select(alerts.c.id).where(alerts.c.id.between(least, greatest)).order_by(alerts.c.id).limit(2)
    return list((await connection.execute(query)).scalars())


async def read_events_of(connection: AsyncConnection, alert_id: UUID) -> list[EventOfAlert]:
    """Return an alert's events by their time, 500 at most."""
    query = select(alert_events.c.event_id, alert_events.c.rule_id).where(alert_events.c.alert_id == alert_id)
    rows = await connection.execute(
        query.order_by(alert_events.c.event_time, alert_events.c.event_id).limit(_MOST_EVENTS)
    )
    return [EventOfAlert(row.event_id, row.rule_id) for row in rows]


async def read_changes_of(connection: AsyncConnection, alert_id: UUID) -> list[AlertChangeRow]:
    """Return what was done to an alert, the latest last; 1,000 at most, those."""
    columns = [alert_changes.c[name] for name in AlertChangeRow.__dataclass_fields__]
    query = select(*columns).where(alert_changes.c.alert_id == alert_id)
    rows = await connection.execute(query.order_by(desc(alert_changes.c.id)).limit(_MOST_CHANGES))
    return [AlertChangeRow(*row) for row in rows][::-1]


async def count_found(connection: AsyncConnection, wanted: AlertFilter) -> AlertCounts:
    """Count the alerts of a filter by status and severity."""
    each = [_some(replace(wanted, statuses=(status,), severities=())) for status in STATUSES]
    found = union_all(*each).subquery()
    query = select(found.c.status, found.c.severity, func.count()).group_by(found.c.status, found.c.severity)
    counts = {(status, Severity(severity)): number for status, severity, number in await connection.execute(query)}
    severities, statuses = wanted.severities or tuple(Severity), wanted.statuses or STATUSES
    totals = {status: sum(counts.get((status, each), 0) for each in Severity) for status in STATUSES}
    return AlertCounts(
        {status: sum(counts.get((status, each), 0) for each in severities) for status in STATUSES},
        {each: sum(counts.get((status, each), 0) for status in statuses) for each in Severity},
        MOST_COUNTED in totals.values(),
    )


def _some(wanted: AlertFilter) -> Select[Any]:
    """Return some of the alerts of a filter, enough to count; which ones does not matter."""
    some = select(alerts.c.status, alerts.c.severity).where(condition_of(wanted)).limit(MOST_COUNTED).subquery()
    return select(some.c.status, some.c.severity)


def unknown_alert(alert_id: UUID | str) -> NotFound:
    """Return the error of an alert that does not exist."""
    return NotFound("unknown_alert", f"There is no alert {alert_id}.", "Take an id of the queue of alerts.")


_PLACES: dict[Order, tuple[Any, ...]] = {
    "newest": (alerts.c.last_time, alerts.c.id),
    "severity": (alerts.c.severity, alerts.c.last_time, alerts.c.id),
}


def _written_place(order: Order, row: AlertRow) -> str:
    cursor = written_cursor(Position(row.last_time, row.id))
    return f"{row.severity.rank}{cursor}" if order == "severity" else cursor


def _read_place(order: Order, cursor: str) -> tuple[Any, ...]:
    if order == "newest":
        return tuple(read_cursor(cursor))
    rank, rest = cursor[:1], cursor[1:]
    if rank not in tuple("01234"):
        raise InvalidInput("invalid_cursor", "The cursor is none of this list.", "Give `next` of the page before.")
    return literal(tuple(Severity)[int(rank)], alerts.c.severity.type), *read_cursor(rest)


def _row(row: Any) -> AlertRow:
    values = row._asdict()
    told = {"severity": Severity(values["severity"])} | {
        name: tuple(values[name]) for name in ("techniques", "tactics")
    }
    return AlertRow(**values | told)


async def _with_entities(connection: AsyncConnection, rows: list[AlertRow], most: int) -> list[AlertRow]:
    """Return alerts with so many of their entities each."""
    columns = alert_entities.c
    place = func.row_number().over(partition_by=columns.alert_id, order_by=(columns.kind, columns.value))
    numbered = select(alert_entities, place.label("place")).where(columns.alert_id.in_([row.id for row in rows]))
    each = numbered.subquery()
    query = select(each).where(each.c.place <= most).order_by(each.c.alert_id, each.c.place)
    found: dict[UUID, list[Entity]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.alert_id, []).append(Entity(row.kind, row.shown))
    return [replace(row, entities=tuple(found.get(row.id, ()))) for row in rows]
