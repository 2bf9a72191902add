"""Correlations and first-seen rules judged over all events at once, window by window: slow, and plainly right."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from conftest import NOW

from app.detection.episodes import Sighting
from app.detection.judging import Match
from app.detection.operations import operation_key
from app.detection.record import Record
from app.detection.rules import Correlation, EventRule, FirstSeen
from app.events.event import Event, Severity

TYPES = ("event_count", "value_count", "temporal", "temporal_ordered")
RULES = ("rule-a", "rule-b", "rule-c")
SPAN = timedelta(minutes=10)

_numbers = count(1)


def a_correlation(kind: str, **changes: Any) -> Correlation:
    facts: dict[str, Any] = {"id": "c", "title": "Much", "severity": Severity.HIGH, "path": Path("c.yml"), "type": kind}
    facts |= {"rules": RULES, "group_by": ("aisoc.actor",), "timespan": SPAN, "at_least": 3}
    return Correlation(**(facts | {"field": "aisoc.src_ip" if kind == "value_count" else None} | changes))


def an_event_rule(name: str, **changes: Any) -> EventRule:
    """Return a rule that events match whose operation has its name."""
    facts: dict[str, Any] = {"id": name, "title": name.title(), "severity": Severity.LOW, "path": Path(f"{name}.yml")}
    facts |= {"matches": lambda _: True, "may_match": lambda event_type, _: event_type == name, "alerts": False}
    return EventRule(**(facts | changes))


def an_event(minute: float, rule: str = "rule-a", actor: str | None = "ada", **changes: Any) -> Event:
    number = next(_numbers)
    facts: dict[str, Any] = dict.fromkeys(Event.__struct_fields__)
    facts |= {"id": UUID(int=number), "source": "azure_activity", "external_id": str(number), "category": "cloud"}
    facts |= {"event_time": NOW + timedelta(minutes=minute), "severity": Severity.LOW, "severity_reason": "a test"}
    facts |= {"event_type": rule, "title": rule, "outcome": "success", "actor_type": "user", "actor": actor}
    facts |= {"resource_id": "/subscriptions/s", "correlation_id": f"operation-{number}", "operation": rule}
    return Event(**(facts | changes))


def a_match(rule: EventRule, event: Event) -> Match:
    return Match(rule, Record(event, b"{}"), operation_key(event))


def naive_holds(rule: Correlation, window: Iterable[Sighting]) -> bool:
    if rule.type in ("event_count", "value_count"):
        return len({each.key for each in window}) >= rule.at_least
    if rule.type == "temporal":
        return {each.rule_id for each in window} >= set(rule.rules)
    reached = [each.time for each in window if each.rule_id == rule.rules[0]]
    for name in rule.rules[1:]:
        reached = [one.time for one in window if one.rule_id == name and any(at <= one.time for at in reached)]
    return bool(reached)


def naive_episodes(rule: Correlation, sightings: Sequence[Sighting]) -> list[frozenset[Sighting]]:
    """Every window that begins with a sighting; then joined until no two share one."""
    windows = [
        {each for each in sightings if first.time <= each.time <= first.time + rule.timespan} for first in sightings
    ]
    sets = [window for window in windows if naive_holds(rule, window)]
    joined = True
    while joined:
        joined = False
        for one in sets:
            other = next((each for each in sets if each is not one and each & one), None)
            if other is not None:
                sets = [each for each in sets if each is not one and each is not other] + [one | other]
                joined = True
                break
    return sorted((frozenset(each) for each in sets), key=lambda found: min(each.time for each in found))


def naive_sightings(rule: Correlation, events: Iterable[Event]) -> dict[str, list[Sighting]]:
    """By actor, what a correlation by actor sees of events."""
    found: dict[str, list[Sighting]] = {}
    for event in events:
        operation = f"{event.event_type} {event.correlation_id}"
        counted = {"event_count": operation, "value_count": event.src_ip}.get(rule.type, event.event_type)
        if event.event_type in rule.rules and event.actor and counted:
            one = Sighting(event.event_time, event.id, event.event_type, counted.lower().encode())
            found.setdefault(event.actor.lower(), []).append(one)
    return found


def naive_first(first_seen: FirstSeen, events: Sequence[Event]) -> set[UUID]:
    """The events that a first-seen rule by actor, or by actor and address, alerts on."""
    return {event.id for event in events if _is_first(first_seen, event, events)}


def _is_first(first_seen: FirstSeen, event: Event, events: Sequence[Event]) -> bool:
    earlier = [one for one in events if (one.event_time, one.id) < (event.event_time, event.id)]
    group = [one for one in earlier if one.actor == event.actor]
    if first_seen.field is None:
        return all(
            _hours(one.event_time, event.event_time) * timedelta(hours=1) >= first_seen.timespan for one in group
        )
    same = [one for one in group if one.src_ip == event.src_ip]
    long_ago = all(_hours(one.event_time, event.event_time) * timedelta(hours=1) >= first_seen.timespan for one in same)
    return long_ago and len(same) < len(group)


def _hours(one: datetime, other: datetime) -> int:
    """How many times the clock struck between."""
    return int(other.timestamp() // 3600 - one.timestamp() // 3600)
