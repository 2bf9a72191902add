"""Writing alerts: made once, filled in as records arrive, superseded, suppressed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Outcome, Severity
from app.security.roles import SYSTEM
from app.storage.alert_filter import EntityKind
from app.storage.arrays import bytes_array, text_array, time_array, uuid_array
from app.storage.detection_tables import alert_changes, alert_events, alerts
from app.storage.suppressions import apply_suppressions

AlertKind = Literal["event", "first_seen", "correlation", "severity"]

# What the draft says anew each time; the rest of an alert is people's, or only grows.
_FILLED_IN = ("rule_title", "severity", "title", "outcome", "techniques", "tactics", "facts", "connector")
# One statement with arrays: many rows as parameters of their own cost several times as much.
_ADD_EVENTS = text(
    """
    INSERT INTO alert_events (alert_id, event_id, event_time, rule_id)
    SELECT * FROM unnest(CAST(:alerts AS uuid[]), CAST(:events AS uuid[]),
                         CAST(:times AS timestamptz[]), CAST(:rules AS text[]))
    ON CONFLICT (alert_id, event_id) DO UPDATE SET rule_id = excluded.rule_id
    WHERE excluded.rule_id <> '' AND (alert_events.rule_id = '' OR excluded.rule_id < alert_events.rule_id)
    RETURNING alert_id
    """
)
_ADD_ENTITIES = text(
    """
    INSERT INTO alert_entities (alert_id, kind, value, shown)
    SELECT * FROM unnest(CAST(:alerts AS uuid[]), CAST(:kinds AS text[]),
                         CAST(:values AS text[]), CAST(:shown AS text[]))
    ON CONFLICT (alert_id, kind, value) DO UPDATE SET shown = excluded.shown
    WHERE alert_entities.shown <> excluded.shown
    RETURNING alert_id
    """
)
_OF_OPERATIONS = text(
    "SELECT id, operation, kind, severity, rule_id FROM alerts WHERE operation = ANY(CAST(:operations AS bytea[]))"
).columns(alerts.c.id, alerts.c.operation, alerts.c.kind, alerts.c.severity, alerts.c.rule_id)
# PostgreSQL's index entries have 2,704 bytes at most, and a character may take four.
_LONGEST_VALUE, _KEPT = 600, 500


@dataclass(frozen=True)
class Entity:
    """Who or what an alert is about. shown: as the first record spells it; compared in lower case."""

    kind: EntityKind
    shown: str

    @property
    def value(self) -> str:
        """What it is compared by: in lower case, of a very long text its beginning and a digest, for the index."""
        low = self.shown.lower()
        return low if len(low) <= _LONGEST_VALUE else f"{low[:_KEPT]}…{sha256(low.encode()).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An alert as its records make it, without what people did to it.

    events: by id the time of each record, and the event rule that it matched ("" where it only came with its
    operation). operation: the operation that it is about, where it is one; group_key: of correlations and first-seen
    rules.
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
    facts: Mapping[str, Any]
    connector: str
    subscription_id: str | None
    first_time: datetime
    last_time: datetime
    events: Mapping[UUID, tuple[datetime, str]]
    entities: tuple[Entity, ...]
    operation: bytes | None = None
    group_key: bytes | None = None


@dataclass(frozen=True)
class Written:
    """Which alerts are new and which changed, by id."""

    created: tuple[UUID, ...] = ()
    changed: tuple[UUID, ...] = ()


async def write_alerts(connection: AsyncConnection, drafts: Sequence[Draft], now: datetime) -> Written:
    """Make alerts that are new, and fill in those that exist: what people did to them stays, closed ones stay closed.

    Records and entities are added to those an alert has; times only spread; severity, title, outcome and facts are
    the draft's. Suppressions are applied, and the history is written.
    """
    if not drafts:
        return Written()
    drafts = sorted(drafts, key=lambda draft: draft.id)  # all writers lock alerts in one order
    before = await _existing(connection, drafts)
    new = [draft for draft in drafts if draft.id not in before]
    if new:
        await connection.execute(insert(alerts), [_new_row(draft, now) for draft in new])
    grown = await _add_events(connection, drafts) | await _add_entities(connection, drafts)
    changes = {draft.id: _changes(draft, before[draft.id]) for draft in drafts if draft.id in before}
    changed = {each for each, fields in changes.items() if fields} | (grown & before.keys())
    await _fill_in(connection, [draft for draft in drafts if draft.id in changed], before, now)
    await note_changes(connection, _history(new, changes, before), now)
    held = await apply_suppressions(connection, changed | {draft.id for draft in new})
    await note_changes(connection, [(one, "suppressed", {"by": str(by)}) for one, by in held.items()], now)
    return Written(tuple(draft.id for draft in new), tuple(sorted(changed)))


async def supersede(connection: AsyncConnection, by: Mapping[UUID, UUID | None], now: datetime) -> None:
    """Take alerts out of the queue in favour of others that say the same and more; None puts one back."""
    if not by:
        return
    asked = select(alerts.c.id, alerts.c.superseded_by).where(alerts.c.id.in_(by)).order_by(alerts.c.id)
    rows = await connection.execute(asked.with_for_update())
    changed = {row.id: by[row.id] for row in rows if row.superseded_by != by[row.id]}
    if not changed:
        return
    setting = update(alerts).where(alerts.c.id == bindparam("one")).values(superseded_by=bindparam("other"))
    await connection.execute(
        setting.values(updated_at=now), [{"one": one, "other": other} for one, other in changed.items()]
    )
    noted = [
        (one, "superseded" if other else "unsuperseded", {"by": str(other)} if other else {})
        for one, other in changed.items()
    ]
    await note_changes(connection, noted, now)


async def read_of_operations(connection: AsyncConnection, operations: Collection[bytes]) -> Sequence[Row[Any]]:
    """Return the alerts about operations: id, operation, kind, severity, rule_id."""
    return list(await connection.execute(_OF_OPERATIONS, {"operations": bytes_array(operations)}))


async def note_changes(
    connection: AsyncConnection,
    changes: Iterable[tuple[UUID, str, Mapping[str, Any]]],
    now: datetime,
    actor: str = SYSTEM.name,
) -> None:
    """Add to the history of alerts: which alert, what was done (`created`, `outcome`), and JSON-ready facts of it."""
    rows = [
        {"alert_id": alert_id, "at": now, "actor": actor, "action": action, "facts": dict(facts)}
        for alert_id, action, facts in changes
    ]
    if rows:
        await connection.execute(insert(alert_changes), rows)


async def _existing(connection: AsyncConnection, drafts: Sequence[Draft]) -> dict[UUID, Row[Any]]:
    query = select(alerts).where(alerts.c.id.in_([draft.id for draft in drafts])).order_by(alerts.c.id)
    return {row.id: row for row in await connection.execute(query.with_for_update())}


def _new_row(draft: Draft, now: datetime) -> dict[str, Any]:
    row = {name: value for name, value in vars(draft).items() if name != "entities"}
    return row | {
        "techniques": list(draft.techniques),
        "tactics": list(draft.tactics),
        "facts": dict(draft.facts),
        "events": len(draft.events),
        "status": "new",
        "created_at": now,
        "updated_at": now,
    }


def _changes(draft: Draft, before: Row[Any]) -> dict[str, Any]:
    """Return what of an alert is another than before, beside its records and entities."""
    row = _new_row(draft, before.created_at)
    told = {name: row[name] for name in _FILLED_IN} | {
        "first_time": min(draft.first_time, before.first_time),
        "last_time": max(draft.last_time, before.last_time),
        "subscription_id": draft.subscription_id or before.subscription_id,
    }
    return {name: value for name, value in told.items() if getattr(before, name) != value}


async def _fill_in(
    connection: AsyncConnection, drafts: Sequence[Draft], before: Mapping[UUID, Row[Any]], now: datetime
) -> None:
    """Write what changed, and how many records the alerts have now."""
    counted = select(func.count()).where(alert_events.c.alert_id == alerts.c.id).scalar_subquery()
    for draft in drafts:
        fields = _changes(draft, before[draft.id])
        await connection.execute(
            update(alerts).where(alerts.c.id == draft.id).values(**fields, events=counted, updated_at=now)
        )


async def _add_events(connection: AsyncConnection, drafts: Sequence[Draft]) -> set[UUID]:
    """Add the drafts' records; return the alerts that got some, or learned what some matched."""
    rows = [
        (draft.id, event_id, time, rule) for draft in drafts for event_id, (time, rule) in sorted(draft.events.items())
    ]
    ids, event_ids, times, rules = zip(*rows, strict=True)
    added = {
        "alerts": uuid_array(ids),
        "events": uuid_array(event_ids),
        "times": time_array(times),
        "rules": text_array(rules),
    }
    return set((await connection.execute(_ADD_EVENTS, added)).scalars())


async def _add_entities(connection: AsyncConnection, drafts: Sequence[Draft]) -> set[UUID]:
    """Add the drafts' entities; return the alerts that got some, or a new spelling."""
    rows = [
        (draft.id, entity.kind, entity.value, entity.shown)
        for draft in drafts
        for entity in sorted(draft.entities, key=lambda entity: (entity.kind, entity.value))
    ]
    if not rows:
        return set()
    ids, kinds, values, shown = zip(*rows, strict=True)
    added = {
        "alerts": uuid_array(ids),
        "kinds": text_array(kinds),
        "values": text_array(values),
        "shown": text_array(shown),
    }
    return set((await connection.execute(_ADD_ENTITIES, added)).scalars())


def _history(
    new: Sequence[Draft], changes: Mapping[UUID, Mapping[str, Any]], before: Mapping[UUID, Row[Any]]
) -> Iterable[tuple[UUID, str, Mapping[str, Any]]]:
    for draft in new:
        yield draft.id, "created", {"outcome": draft.outcome}
    for alert_id, fields in changes.items():
        if "outcome" in fields:
            yield alert_id, "outcome", {"from": before[alert_id].outcome, "to": fields["outcome"]}
