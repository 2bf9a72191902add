"""Folds matches into what people count: operations, episodes of a correlation, or things seen for the first time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from app.detection.judging import Match
from app.detection.rules import Correlation, EventRule, Rule, RuleSet
from app.events.event import Event

KEPT_EVENTS = 1_000


@dataclass
class Hit:
    """One finding: an operation that matched, a correlation's episode, or something seen first.

    event: the first of its events by time. event_ids: its events that matched, in the order of time.
    """

    event: Event
    event_ids: list[UUID]
    first_time: datetime
    last_time: datetime


class Findings(Protocol):
    """Takes matches in the order of their time. hits: the first findings, of KEPT_EVENTS events together or a few more.

    count: how many findings there are; events: how many events matched.
    """

    count: int
    events: int
    hits: list[Hit]

    def add(self, matches: Sequence[Match]) -> None:
        """Take the next matches, none of them earlier than those before."""

    def close(self) -> None:
        """Take notice that there are no more."""


class Operations:
    """The operations that match an event rule."""

    def __init__(self) -> None:
        self.count, self.events = 0, 0
        self.hits: list[Hit] = []
        self._of_operation: dict[bytes, Hit | None] = {}

    def add(self, matches: Sequence[Match]) -> None:
        """Take the next matches."""
        for match in matches:
            self.events += 1
            event = match.record.event
            if match.operation not in self._of_operation:
                self.count += 1
                kept = Hit(event, [], event.event_time, event.event_time) if self.events <= KEPT_EVENTS else None
                self._of_operation[match.operation] = kept
                self.hits += [kept] if kept else []
            if hit := self._of_operation[match.operation]:
                hit.event_ids.append(event.id)
                hit.last_time = event.event_time

    def close(self) -> None:
        """Nothing is left to do."""


def members(rule: Rule, rules: RuleSet) -> tuple[EventRule, ...]:
    """Return the event rules that a rule's findings are made of: itself, or those that it correlates."""
    if isinstance(rule, Correlation):
        return tuple(rules.rules[each] for each in rule.rules)
    assert isinstance(rule, EventRule)
    return (rule,)


def looks_back(rule: Rule) -> timedelta:
    """Return how much earlier events say what a rule finds at a time."""
    if isinstance(rule, Correlation):
        return rule.timespan
    return rule.first_seen.timespan if isinstance(rule, EventRule) and rule.first_seen else timedelta()


def findings_of(rule: Rule, since: datetime | None = None) -> Findings:
    """Return what folds the matches of a rule, or of those that it correlates.

    since: findings that end before count for nothing; the earlier matches only say what is new, or complete a window.
    """
    return Operations()
