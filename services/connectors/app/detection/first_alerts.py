"""The alerts of first-seen rules: made, moved to an earlier event, and taken back where they were not the first."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.first_spans import Span, alerting
from app.detection.operations import Held, by_operation, operation_key
from app.detection.rules import EventRule
from app.detection.writing import alert_id, draft_alert
from app.storage.alerts import Written, supersede, write_alerts
from app.storage.first_alerts import FirstAlert, read_first_alerts, read_first_alerts_of_operations
from app.storage.group_alerts import Settled, settle
from app.storage.siblings import read_records, read_siblings


@dataclass(frozen=True)
class Shown:
    """What a group has shown, by value: all spans of the values that are looked at."""

    rule: EventRule
    group_key: bytes
    spans: Mapping[bytes, Sequence[Span]]


@dataclass(frozen=True)
class _Due:
    """What an alert has to be: that of a span's first event. key: the group's and the value's together."""

    id: UUID
    rule: EventRule
    key: bytes
    span: Span


async def write_first_alerts(connection: AsyncConnection, groups: Sequence[Shown], now: datetime) -> Written:
    """Write the alerts of groups in which something else is first than before; with the groups' locks.

    What has an alert keeps it: it moves to the first event. One that is not the first any more is superseded by that
    of its span, or by the group's first one.
    """
    keys = [_alert_key(group.group_key, value) for group in groups for value in group.spans]
    standing = await read_first_alerts(connection, {group.rule.id for group in groups}, keys)
    due: list[_Due] = []
    instead: dict[UUID, UUID | None] = {}
    for group in groups:
        of_group, of_instead = _plan(group, standing)
        due += of_group
        instead |= of_instead
    begins = {alert.id: alert.begin for alerts in standing.values() for alert in alerts}
    written = await _write(connection, [each for each in due if begins.get(each.id) != each.span.begin], now)
    await supersede(connection, instead, now)
    return written


async def fill_in(
    connection: AsyncConnection,
    rules: Mapping[str, EventRule],
    operations: Mapping[bytes, Sequence[Held]],
    now: datetime,
) -> Written:
    """Add further records of operations to the first-seen alerts about these; with the operations' locks.

    operations: all the records of each that are stored, by key.
    """
    found = await read_first_alerts_of_operations(connection, operations)
    drafts = [
        draft_alert(
            rules[alert.rule_id],
            alert.id,
            operations[operation],
            {alert.event_id: alert.rule_id},
            operation=operation,
            group_key=alert.group_key,
        )
        for operation, alert in found
        if alert.rule_id in rules
    ]
    return await write_alerts(connection, drafts, now)


def _plan(group: Shown, standing: Mapping[bytes, Sequence[FirstAlert]]) -> tuple[list[_Due], dict[UUID, UUID | None]]:
    """Return what the alerts of a group have to be, and what takes the place of those that are there, if anything."""
    assert group.rule.first_seen is not None
    first = alerting(group.rule.first_seen, group.spans)
    due: list[_Due] = []
    instead: dict[UUID, UUID | None] = {}
    left: list[UUID] = []
    for value, spans in group.spans.items():
        key = _alert_key(group.group_key, value)
        for span in spans:
            alerts = [alert.id for alert in standing.get(key, ()) if span.holds(alert.first_time)]
            if span not in first[value]:
                left += alerts
                continue
            about = key + f"{span.first.isoformat()}{span.event_id}".encode()
            kept = alerts[0] if alerts else alert_id(group.rule.id, about)
            due.append(_Due(kept, group.rule, key, span))
            instead |= {alert: None if alert == kept else kept for alert in alerts}
    if due:
        earliest = min(due, key=lambda each: (each.span.begin, each.key))
        instead |= dict.fromkeys(left, earliest.id)
    return due, instead


async def _write(connection: AsyncConnection, due: Sequence[_Due], now: datetime) -> Written:
    """Write alerts, each with all the records of its event's operation."""
    if not due:
        return Written()
    records = {held.event.id: held for held in await read_records(connection, {each.span.event_id for each in due})}
    operations = by_operation(records.values())
    siblings = await read_siblings(connection, operations, {})
    operations = by_operation([*records.values(), *siblings])
    drafts = []
    for each in due:
        held = records[each.span.event_id]
        operation = operation_key(held.event)
        matched = {held.event.id: each.rule.id}
        drafts.append(
            draft_alert(each.rule, each.id, operations[operation], matched, operation=operation, group_key=each.key)
        )
    written = await write_alerts(connection, drafts, now)
    moved = [draft for draft in drafts if draft.id not in written.created]  # what is new is only about its event
    await settle(connection, [Settled(draft, len(draft.events), draft.events) for draft in moved], now)
    return written


def _alert_key(group_key: bytes, value_key: bytes) -> bytes:
    return hashlib.blake2b(group_key + value_key, digest_size=16).digest()
