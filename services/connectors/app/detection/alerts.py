"""Working alerts: the queue, one alert with all that belongs to it, and what people do with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, InvalidInput
from app.security.roles import Role
from app.service import Service
from app.storage.alert_changes import list_workers, set_alerts
from app.storage.alert_filter import NOBODY, AlertFilter, Status, Verdict
from app.storage.alert_queries import (
    AlertChangeRow,
    AlertCounts,
    AlertRow,
    Order,
    count_found,
    find_alert,
    find_alerts,
    read_alerts,
    read_changes_of,
    read_events_of,
)
from app.storage.alerts import Entity, note_changes
from app.storage.audit import note_change
from app.storage.neighbours import read_neighbours
from app.storage.reading import reading
from app.storage.search import StoredEvent, read_stored
from app.storage.suppressions import SuppressionRow, find_suppression

ME = "me"
MOST_AT_ONCE = 500
LONGEST_NOTE = 4_000


@dataclass(frozen=True)
class AlertPage:
    """Some of the alerts that a filter finds. next_cursor: what to ask for the next ones with; None at the end."""

    alerts: tuple[AlertRow, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class AlertEvent:
    """An event of an alert. rule_id: the event rule that it matched; empty where it came with its operation."""

    stored: StoredEvent
    rule_id: str


@dataclass(frozen=True)
class AlertDetail:
    """An alert, its events by their time (500 at most), its history (the latest last), and what holds it back."""

    alert: AlertRow
    events: tuple[AlertEvent, ...]
    changes: tuple[AlertChangeRow, ...]
    suppression: SuppressionRow | None


@dataclass(frozen=True)
class Timeline:
    """What happened around an alert, by time.

    operation: all records of the operation of its first match. actor: what the same actor did an hour around that one.
    of_alert: the ids of those that belong to the alert.
    """

    operation: tuple[StoredEvent, ...]
    actor: tuple[StoredEvent, ...]
    of_alert: frozenset[UUID]


@dataclass(frozen=True, kw_only=True)
class AlertChange:
    """What to change of alerts; what is None stays.

    verdict: with `closed`, or for what is closed already; opening again clears it. assignee: a user's name, ME, or
    NOBODY. expected_status: what the alerts are thought to be; where one is not, nothing changes.
    """

    status: Status | None = None
    verdict: Verdict | None = None
    assignee: str | None = None
    expected_status: Status | None = None


async def list_alerts(
    service: Service,
    wanted: AlertFilter | None = None,
    limit: int = 50,
    cursor: str | None = None,
    order: Order = "newest",
) -> AlertPage:
    """Return the next alerts of a filter; without one those that are open. assignee may be ME.

    limit: 1 to 1,000. Raises InvalidInput (invalid_cursor) or Retry (search_too_slow).
    """
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection, reading(connection):
        found, more = await find_alerts(connection, _of_actor(service, wanted), order, limit, cursor)
    return AlertPage(found, more)


async def count_alerts(service: Service, wanted: AlertFilter | None = None) -> AlertCounts:
    """Count the alerts of a filter by status and severity, for the head of a queue. Raises Retry (search_too_slow)."""
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection, reading(connection):
        return await count_found(connection, _of_actor(service, wanted))


async def read_alert(service: Service, alert_id: UUID) -> AlertDetail:
    """Return an alert with all that belongs to it. Raises NotFound (unknown_alert)."""
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        alert = await find_alert(connection, alert_id)
        changes = tuple(await read_changes_of(connection, alert_id))
        suppression = await find_suppression(connection, alert.suppressed_by) if alert.suppressed_by else None
        return AlertDetail(alert, await _events_of(connection, alert_id), changes, suppression)


async def read_timeline(service: Service, alert_id: UUID) -> Timeline:
    """Return what happened around an alert. Raises NotFound (unknown_alert) or Retry (search_too_slow)."""
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        await find_alert(connection, alert_id)
        own = await _events_of(connection, alert_id)
        matched = [event.stored for event in own if event.rule_id] or [event.stored for event in own]
        if not matched:
            return Timeline((), (), frozenset())
        near = await read_neighbours(connection, matched[0], limit=100)
    of_alert = frozenset(event.stored.event.id for event in own)
    operation, actor = _by_time(matched[:1], near.operation), _by_time(matched[:1], near.actor)
    return Timeline(operation, actor if matched[0].event.actor else (), of_alert)


async def change_alerts(service: Service, ids: Sequence[UUID], change: AlertChange) -> list[AlertRow]:
    """Change alerts, all or none; return them as they are then. What is as asked for already is left as it is.

    Raises NotFound (unknown_alert), InvalidInput (too_many_alerts, verdict_needed, verdict_needs_closed,
    unknown_assignee, nothing_to_change), or Conflict (alert_changed).
    """
    service.actor.need(Role.ANALYST)
    _check(ids, change)
    now = service.clock.now()
    async with service.engine.begin() as connection:
        before = await read_alerts(connection, ids, to_change=True)
        change = await _with_assignee(connection, service, change)
        changed = [(row.id, values) for row in before if (values := _changed(row, change))]
        for outcome, alike in _by_outcome(changed).items():
            await set_alerts(connection, alike, now, dict(outcome))
        entries = [(alert_id, "change", values) for alert_id, values in changed]
        await note_changes(connection, entries, now, service.actor.name)
        if changed:
            told = {name: value for name, value in vars(change).items() if value is not None}
            await _audit(connection, service, now, "change", [alert_id for alert_id, _ in changed], told)
        return await read_alerts(connection, ids)


async def add_note(service: Service, alert_id: UUID, text: str) -> AlertChangeRow:
    """Add a note to an alert's history and return its entry; up to 4,000 characters.

    Raises NotFound (unknown_alert) or InvalidInput (invalid_text).
    """
    service.actor.need(Role.ANALYST)
    note = check_text(text, LONGEST_NOTE, "note")
    now = service.clock.now()
    async with service.engine.begin() as connection:
        await read_alerts(connection, [alert_id], to_change=True)
        await set_alerts(connection, [alert_id], now, {})
        await note_changes(connection, [(alert_id, "note", {"text": note})], now, service.actor.name)
        await _audit(connection, service, now, "note", [alert_id], {})
    return AlertChangeRow(now, service.actor.name, "note", {"text": note})


async def list_assignees(service: Service) -> list[str]:
    """Return the names of the users that alerts can be assigned to."""
    service.actor.need(Role.ANALYST)
    async with service.engine.connect() as connection:
        return await list_workers(connection)


def check_text(text: str, longest: int, what: str) -> str:
    """Return what somebody wrote, without the space around it. Raises InvalidInput (invalid_text)."""
    told = text.strip()
    odd = any(not (each.isprintable() or each in "\n\t\r") for each in told)
    if not told or len(told) > longest or odd:
        raise InvalidInput(
            "invalid_text",
            f"The {what} is empty, too long, or has characters that cannot be printed.",
            f"Write 1 to {longest:,} characters.",
        )
    return told


def _of_actor(service: Service, wanted: AlertFilter | None) -> AlertFilter:
    """Return a filter as alerts are stored: with the actor's name, and the entity as it is compared by."""
    wanted = wanted or AlertFilter()
    assignee = service.actor.name if wanted.assignee == ME else wanted.assignee
    entity = None if wanted.entity is None else Entity(wanted.entity_kind or "actor", wanted.entity).value
    return replace(wanted, assignee=assignee, entity=entity)


async def _events_of(connection: AsyncConnection, alert_id: UUID) -> tuple[AlertEvent, ...]:
    rules = {each.event_id: each.rule_id for each in await read_events_of(connection, alert_id)}
    return tuple(AlertEvent(stored, rules[stored.event.id]) for stored in await read_stored(connection, list(rules)))


def _by_time(own: Sequence[StoredEvent], near: Sequence[StoredEvent]) -> tuple[StoredEvent, ...]:
    return tuple(sorted([*own, *near], key=lambda stored: (stored.event.event_time, stored.event.id)))


def _check(ids: Sequence[UUID], change: AlertChange) -> None:
    if len(ids) > MOST_AT_ONCE:
        raise InvalidInput(
            "too_many_alerts", f"{len(ids)} alerts are too many at once.", f"Change up to {MOST_AT_ONCE} at a time."
        )
    if change.status is None and change.verdict is None and change.assignee is None:
        raise InvalidInput(
            "nothing_to_change", "Nothing to change was named.", "Name a status, a verdict or an assignee."
        )
    if change.verdict is not None and change.status in ("new", "in_progress"):
        raise _needs_closed()


async def _with_assignee(connection: AsyncConnection, service: Service, change: AlertChange) -> AlertChange:
    """Return a change with the assignee's name as the user has it."""
    if change.assignee is None or change.assignee == NOBODY:
        return change
    name = service.actor.name if change.assignee == ME else change.assignee
    for worker in await list_workers(connection):
        if worker.lower() == name.lower():
            return replace(change, assignee=worker)
    raise InvalidInput(
        "unknown_assignee",
        f"{name[:100]!r} is no user who works alerts.",
        "Name a user with the role analyst or admin who is not disabled, me, or nobody.",
    )


def _changed(row: AlertRow, change: AlertChange) -> dict[str, list[Any]]:
    """Return what changes of an alert: of each field, what it was and what it will be."""
    if change.expected_status not in (None, row.status):
        raise Conflict(
            "alert_changed",
            f"The alert {row.title!r} is {row.status} now; somebody else changed it.",
            "Look at it again, then decide.",
        )
    status = change.status or row.status
    if change.verdict is not None and status != "closed":
        raise _needs_closed()
    verdict = (change.verdict or row.verdict) if status == "closed" else None
    if status == "closed" and verdict is None:
        raise InvalidInput(
            "verdict_needed",
            "An alert is closed with a verdict.",
            "Say true_positive, benign or false_positive.",
        )
    assignee = row.assignee if change.assignee is None else None if change.assignee == NOBODY else change.assignee
    wanted = {"status": status, "verdict": verdict, "assignee": assignee}
    return {name: [getattr(row, name), value] for name, value in wanted.items() if getattr(row, name) != value}


def _by_outcome(changed: Iterable[tuple[UUID, dict[str, list[Any]]]]) -> dict[tuple[tuple[str, Any], ...], list[UUID]]:
    """Return the alerts by what is to be set, so that those alike are written at once."""
    alike: dict[tuple[tuple[str, Any], ...], list[UUID]] = {}
    for alert_id, values in changed:
        alike.setdefault(tuple((name, after) for name, (_, after) in values.items()), []).append(alert_id)
    return alike


def _needs_closed() -> InvalidInput:
    return InvalidInput(
        "verdict_needs_closed", "A verdict is of a closed alert only.", "Close the alert with it, or leave it out."
    )


async def _audit(
    connection: AsyncConnection, service: Service, now: datetime, action: str, ids: list[UUID], told: dict[str, Any]
) -> None:
    target = str(ids[0]) if len(ids) == 1 else f"{len(ids)} alerts"
    facts = told | ({} if len(ids) == 1 else {"alerts": [str(each) for each in ids]})
    await note_change(connection, service.actor, now, f"alert.{action}", target, facts)
