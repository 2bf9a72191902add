"""From newly stored events to alerts, in the transaction that stores them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.correlating import correlate
from app.detection.first_alerts import fill_in
from app.detection.first_seen import note_spans
from app.detection.judging import Match, OnFailure, RulesOf, judge
from app.detection.operations import Held, by_operation
from app.detection.rules import ActiveRules
from app.detection.severities import with_severities
from app.detection.superseding import supersede_severities
from app.detection.writing import alert_id, draft_alert
from app.events.event import Event
from app.storage.alert_locks import hold_alerting
from app.storage.alerts import Draft, write_alerts
from app.storage.siblings import Alerted, read_alerted, read_siblings


@dataclass(frozen=True)
class Detected:
    """What detection did. candidates: events that some rule could match; alerts: how many are new."""

    candidates: int = 0
    alerts: int = 0


async def detect(
    connection: AsyncConnection,
    rules: ActiveRules,
    stored: Sequence[tuple[Event, bytes]],
    label: str,
    now: datetime,
    on_failure: OnFailure | None = None,
) -> Detected:
    """Judge stored events and write their alerts; in the transaction that stored them, or later for stored history.

    label: the connector that brought them. Doing it again changes nothing: alerts are a function of what is stored.
    on_failure: told of a rule that raised, whose match does not count; without it the error is raised.
    """
    rules_of = with_severities(rules.candidates)
    candidates = [Held(event, raw, label) for event, raw in stored if rules_of(event)]
    if not candidates:
        return Detected()
    at_hand = by_operation(candidates)
    await hold_alerting(connection, list(at_hand))
    alerted = await read_alerted(connection, at_hand)
    asked = {
        key: records for key, records in at_hand.items() if key in alerted or _concerned(rules_of, records, on_failure)
    }
    if not asked:
        return Detected(len(candidates))
    siblings = await read_siblings(connection, asked, alerted)
    operations = by_operation([*siblings, *(held for records in asked.values() for held in records)])
    matches = judge(rules_of, [(held.event, held.raw) for held in _all(operations)], on_failure)
    written = await write_alerts(connection, list(_drafts(rules_of, operations, matches, alerted)), now)
    await supersede_severities(connection, list(operations), now)
    if alerted:
        await fill_in(connection, rules.rules, operations, now)
    others = await correlate(connection, rules, matches, now), await note_spans(connection, matches, now)
    return Detected(len(candidates), sum(len(each.created) for each in (written, *others)))


def _concerned(rules_of: RulesOf, records: Sequence[Held], on_failure: OnFailure | None) -> bool:
    """Whether an operation's new records are worth reading the others: they match, or others may make them match."""
    if any(rule.needs_request for held in records for rule in rules_of(held.event)):
        return True
    return bool(judge(rules_of, [(held.event, held.raw) for held in records], on_failure))


def _all(operations: Mapping[bytes, Sequence[Held]]) -> Iterable[Held]:
    return (held for records in operations.values() for held in records)


def _drafts(
    rules_of: RulesOf,
    operations: Mapping[bytes, Sequence[Held]],
    matches: Sequence[Match],
    alerted: Mapping[bytes, Alerted],
) -> Iterable[Draft]:
    """Yield the alerts of operations: of what matches now, and of what did when its record was stored."""
    found: dict[tuple[bytes, str], dict[UUID, str]] = {
        (key, rule_id): dict(events) for key, of_rule in alerted.items() for rule_id, events in of_rule.items()
    }
    for match in matches:
        found.setdefault((match.operation, match.rule.id), {})[match.record.event.id] = match.rule.id
    for (key, rule_id), matched in found.items():
        known = {rule.id: rule for held in operations[key] for rule in rules_of(held.event)}
        rule = known.get(rule_id)  # a rule that is gone or turned off leaves its alerts as they are
        if rule is not None and rule.alerts and rule.first_seen is None:
            yield draft_alert(rule, alert_id(rule_id, key), operations[key], matched, operation=key)
