"""From newly stored events to alerts, in the transaction that stores them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.correlating import correlate
from app.detection.first_alerts import fill_in
from app.detection.first_seen import note_spans
from app.detection.judging import Match, OnFailure, RulesOf, judge_operation
from app.detection.operations import Held, by_operation, operation_key
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
    alone = _judge(rules_of, at_hand, on_failure)
    asked = _asked(rules_of, at_hand, alerted, alone)
    if not asked and not alone:
        return Detected(len(candidates))
    siblings = await read_siblings(connection, asked, alerted) if asked else []
    grown = _grown(asked, siblings)
    operations = asked | grown
    matches = [*_judge(rules_of, grown, on_failure), *(match for match in alone if match.operation not in grown)]
    drafts = list(_drafts(rules_of, operations, matches, alerted))
    written = await write_alerts(connection, drafts, now)
    await supersede_severities(connection, {draft.operation for draft in drafts if draft.operation}, now)
    others = await correlate(connection, rules, matches, now), await note_spans(connection, matches, now)
    if alerted:
        await fill_in(connection, rules.rules, operations, now)
    return Detected(len(candidates), sum(len(each.created) for each in (written, *others)))


def _judge(rules_of: RulesOf, operations: Mapping[bytes, Sequence[Held]], on_failure: OnFailure | None) -> list[Match]:
    return [
        match
        for key, records in operations.items()
        for match in judge_operation(rules_of, key, [(held.event, held.raw) for held in records], on_failure)
    ]


def _asked(
    rules_of: RulesOf,
    at_hand: Mapping[bytes, Sequence[Held]],
    alerted: Mapping[bytes, Alerted],
    alone: Sequence[Match],
) -> dict[bytes, Sequence[Held]]:
    """Return the operations whose stored records are to be read too: for their alerts, or to make rules match.

    alone: what matches of the records at hand. What only a correlation or a first-seen rule asks for is judged by
    these alone: a first-seen rule may match whatever happens, and its alerts, which are few, read the others.
    """
    wanted = {match.operation for match in alone if match.rule.alerts and match.rule.first_seen is None}
    return {
        key: records
        for key, records in at_hand.items()
        if key in alerted
        or key in wanted
        or any(rule.needs_request for held in records for rule in rules_of(held.event))
    }


def _grown(asked: Mapping[bytes, Sequence[Held]], siblings: Sequence[Held]) -> dict[bytes, Sequence[Held]]:
    """Return the operations of which more is stored than is at hand, with all their records."""
    keys = {operation_key(held.event) for held in siblings}
    return dict(by_operation([*siblings, *(held for key in keys for held in asked.get(key, ()))]))


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
        if match.operation in operations:  # of the others nothing is written here
            found.setdefault((match.operation, match.rule.id), {})[match.record.event.id] = match.rule.id
    for (key, rule_id), matched in found.items():
        known = {rule.id: rule for held in operations[key] for rule in rules_of(held.event)}
        rule = known.get(rule_id)  # a rule that is gone or turned off leaves its alerts as they are
        if rule is not None and rule.alerts and rule.first_seen is None:
            yield draft_alert(rule, alert_id(rule_id, key), operations[key], matched, operation=key)
