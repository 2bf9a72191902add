"""What an alert says, made of the records that it is about."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from app.detection.entities import entities_of
from app.detection.facts import derive
from app.detection.judging import requests_of
from app.detection.operations import Held, by_operation, in_order
from app.detection.rules import Rule
from app.detection.severities import PREFIX
from app.detection.titles import alert_title, shortened
from app.events.event import Event, Outcome
from app.storage.alerts import Draft, Entity

_NAMESPACE = UUID("5f1f2f6e-9d0a-4d0b-8d2c-6a2f0c0f7a11")
# What a title may name of the records, beside the derived facts.
_TOLD = (
    "actor",
    "actor_email",
    "app_id",
    "src_ip",
    "operation",
    "resource_id",
    "resource_name",
    "resource_group",
    "resource_type",
    "subscription_id",
    "tenant_id",
)
_FINAL = frozenset({"success", "failure"})
_LONGEST_TEXT = 500
_MOST_VALUES = 50
_MOST_ENTITIES = 200


def alert_id(rule_id: str, about: bytes) -> UUID:
    """Return the id of a rule's alert about something: an operation's key, or what identifies a group's episode."""
    return uuid5(_NAMESPACE, f"{rule_id}/{about.hex()}")


def draft_alert(
    rule: Rule,
    identity: UUID,
    records: Sequence[Held],
    matched: Mapping[UUID, str],
    *,
    operation: bytes | None = None,
    group_key: bytes | None = None,
) -> Draft:
    """Return the alert of a rule about records: a function of these alone, in whatever order they come.

    matched: by event id the event rule that it matched; records that are not in it only came with their operation.
    The outcome is that of the last record with a final one; facts and entities are those of all the records.
    """
    ordered = in_order(records)
    events = [held.event for held in ordered]
    of_record = _facts(ordered)
    facts = _joined(of_record[event.id] for event in events)
    outcome = outcome_of(events)
    return Draft(
        id=identity,
        rule_id=rule.id,
        rule_title=rule.title,
        kind="severity" if rule.id.startswith(PREFIX) else rule.kind,
        operation=operation,
        group_key=group_key,
        severity=rule.severity,
        title=alert_title(rule.alert_title, rule.title, _told(events) | facts | {"outcome": outcome}),
        outcome=outcome,
        techniques=rule.techniques,
        tactics=rule.tactics,
        facts=facts,
        connector=ordered[0].connector,
        subscription_id=next((event.subscription_id for event in events if event.subscription_id), None),
        first_time=events[0].event_time,
        last_time=events[-1].event_time,
        events={event.id: (event.event_time, matched.get(event.id, "")) for event in events},
        entities=_entities(events, of_record),
    )


def outcome_of(events: Sequence[Event]) -> Outcome:
    """Return the outcome that records in the order of time tell together: the last final one, or what comes nearest."""
    told = [event.outcome for event in events]
    final = [outcome for outcome in told if outcome in _FINAL]
    return final[-1] if final else "in_progress" if "in_progress" in told else "unknown"


def _facts(records: Sequence[Held]) -> dict[UUID, dict[str, Any]]:
    """Return the derived facts of each record, by its id: with its own request, or else its operation's first one."""
    facts = {}
    for found in by_operation(records).values():
        own, different = requests_of([(held.event, held.raw) for held in found])
        for held, request in zip(found, own, strict=True):
            known = request if request is not None else next(iter(different), None)
            facts[held.event.id] = {name: _bounded(value) for name, value in derive(held.event, known).items()}
    return facts


def _joined(facts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return facts as one: of lists all that is in them, of anything else the first."""
    joined: dict[str, Any] = {}
    for each in facts:
        for name, value in each.items():
            if isinstance(value, list):
                known = joined.setdefault(name, [])
                known += [one for one in value if one not in known][: _MOST_VALUES - len(known)]
            elif value is not None:
                joined.setdefault(name, value)
    return joined


def _bounded(value: Any) -> Any:
    """Return a fact as the database and pages can take it, whatever an event's author wrote into it."""
    if isinstance(value, list):
        return [_bounded(one) for one in value[:_MOST_VALUES]]
    if value is None:
        return None
    return value if isinstance(value, bool | int | float) else shortened(str(value), _LONGEST_TEXT)


def _told(events: Sequence[Event]) -> dict[str, Any]:
    """Return what the records say of themselves, each from the first that says it."""
    first = {name: next((told for event in events if (told := getattr(event, name))), None) for name in _TOLD}
    return {name: told for name, told in first.items() if told}


def _entities(events: Sequence[Event], facts: Mapping[UUID, Mapping[str, Any]]) -> tuple[Entity, ...]:
    """Return the entities of all records, each as the first of them spells it."""
    found: dict[tuple[str, str], Entity] = {}
    for event in events:
        for entity in entities_of(event, facts[event.id]):
            found.setdefault((entity.kind, entity.value), entity)
    return tuple(found.values())[:_MOST_ENTITIES]
