"""Folds matches into what people count: operations, episodes of a correlation, or things seen for the first time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.detection.episode_findings import Episodes
from app.detection.first_spans import HOUR, Span, hour, keys_of, pause, span_of
from app.detection.hits import KEPT_EVENTS, Findings, Hit
from app.detection.judging import Match
from app.detection.rules import Correlation, EventRule, Rule, RuleSet

_EVER = datetime.min.replace(tzinfo=UTC)


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


class Firsts:
    """What a first-seen rule's matches show for the first time; memory grows with what they show, not with them."""

    def __init__(self, rule: EventRule, since: datetime) -> None:
        assert rule.first_seen is not None
        self.count, self.events = 0, 0
        self.hits: list[Hit] = []
        self._rule, self._first_seen, self._since = rule, rule.first_seen, since
        self._pause = pause(rule.first_seen.timespan)
        self._spans: dict[bytes, dict[bytes, Span]] = {}

    def add(self, matches: Sequence[Match]) -> None:
        """Take the next matches."""
        for match in matches:
            # Of values in one event the first by key goes before the others, as in `first_spans.alerting`.
            keys = sorted((group.key, value) for group, value in keys_of(self._rule, match))
            first = [self._note(group, value, span_of(match)) for group, value in keys]
            event = match.record.event
            if event.event_time < self._since:
                continue
            self.events += 1
            if any(first):
                self.count += 1
                if self.count <= KEPT_EVENTS:
                    self.hits.append(Hit(event, [event.id], event.event_time, event.event_time))

    def close(self) -> None:
        """Nothing is left to do."""

    def _note(self, group: bytes, value: bytes, new: Span) -> bool:
        """Note what was seen, and return whether it is first seen."""
        of_group = self._spans.setdefault(group, {})
        span = of_group.get(value)
        if span is not None and hour(new.first) - span.last < self._pause:
            of_group[value] = Span(span.first, span.event_id, max(span.last, new.last))
            return False
        known = len(of_group) - (value in of_group) > 0
        of_group[value] = new
        return known or self._first_seen.field is None


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
    return pause(rule.first_seen.timespan) + HOUR if isinstance(rule, EventRule) and rule.first_seen else timedelta()


def findings_of(rule: Rule, since: datetime = _EVER) -> Findings:
    """Return what folds the matches of a rule, or of those that it correlates.

    since: findings that end before count for nothing; the earlier matches only say what is new, or complete a window.
    """
    if isinstance(rule, Correlation):
        return Episodes(rule, since)
    assert isinstance(rule, EventRule)
    return Operations() if rule.first_seen is None else Firsts(rule, since)
