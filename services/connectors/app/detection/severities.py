"""The severity table's operations of a high blast radius, as rules: they make alerts without a rule file."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from app.connectors.azure_activity import BlastRadius, high_blast_radius
from app.detection.rules import EventRule
from app.events.event import Event, Severity

PREFIX = "severity:"
_SEVERE = (Severity.HIGH, Severity.CRITICAL)
_TECHNIQUE = re.compile(r" *\(ATT&CK (T\d{4}(?:\.\d{3})?)\)")


def severity_rules(event: Event) -> tuple[EventRule, ...]:
    """Return the rule that the severity table has for an event of high severity, if any."""
    if event.severity not in _SEVERE:
        return ()
    radius = high_blast_radius(event.event_type)
    return () if radius is None else (_rule(radius),)


def with_severities(rules_of: Callable[[Event], Sequence[EventRule]]) -> Callable[[Event], Sequence[EventRule]]:
    """Return a function that gives an event's rules together with those of the severity table.

    For a short while: it remembers what it gave.
    """
    remembered: dict[tuple[str, str | None, Severity], Sequence[EventRule]] = {}

    def both(event: Event) -> Sequence[EventRule]:
        key = event.event_type, event.activity_category, event.severity
        found = remembered.get(key)
        if found is None:
            found = remembered[key] = (*rules_of(event), *severity_rules(event))
        return found

    return both


@cache
def _rule(radius: BlastRadius) -> EventRule:
    technique = _TECHNIQUE.search(radius.reason)
    reason = _TECHNIQUE.sub("", radius.reason)
    return EventRule(
        id=f"{PREFIX}{radius.pattern}",
        title=f"{reason[:1].upper()}{reason[1:]}",
        severity=radius.severity,
        path=Path(),
        techniques=(technique[1],) if technique else (),
        matches=lambda record: True,  # noqa: ARG005 - its operation is the condition
        may_match=lambda operation, category: True,  # noqa: ARG005
    )
