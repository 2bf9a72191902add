"""What a rule is once it is read and compiled: an event rule, perhaps with a first-seen condition, or a correlation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.detection.lowering import lowered
from app.detection.record import Record
from app.errors import NotFound
from app.events.event import Event, Severity

if TYPE_CHECKING:
    from app.detection.condition import Node

Kind = Literal["event", "first_seen", "correlation"]
CorrelationType = Literal["event_count", "value_count", "temporal", "temporal_ordered"]
# Pairs of an operation and a category whose candidates are kept.
_MOST_REMEMBERED = 4_000


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What all rules have.

    id: the rule's `id` in lower case. techniques: "T1098.003"; tactics: "privilege-escalation". alert_title: the title
    of its alerts, with names of facts in braces; None makes one of the rule's title. alerts: whether its matches are
    alerts; those of a rule that only serves a correlation are none.
    """

    id: str
    title: str
    severity: Severity
    path: Path
    line: int = 1
    description: str = ""
    status: str = ""
    author: str = ""
    techniques: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    why: str = ""
    next_steps: tuple[str, ...] = ()
    alert_title: str | None = None
    alerts: bool = True
    source: str = ""
    """The rule's YAML, as written."""

    @property
    def kind(self) -> Kind:
        """Which of the three kinds of rules it is."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class FirstSeen:
    """A rule's matches count only where they are the first of their kind in a timespan.

    group_by: the fields whose values make a group, such as the actor. field: what has to be new for a group that is
    known already, such as its IP; without it the group itself has to be new.
    """

    group_by: tuple[str, ...]
    timespan: timedelta
    field: str | None = None


@dataclass(frozen=True, kw_only=True)
class EventRule(Rule):
    """A rule that an event matches by itself.

    matches: the compiled condition. may_match: whether an event of that operation (lower case) and category can match
    at all, judged by these alone. matches_of: the condition for such events, in which nothing is asked that these tell
    already; None leaves it whole. needs_request: whether it reads the request's body, which only one of an operation's
    records carries: the condition is judged only where that body is known. condition: the same as a tree, which
    explains itself. fields: what the condition reads, in lower case. literals: texts of which a record that matches
    has at least one in its bytes; None where that cannot be told, as of most rules without keywords.
    """

    matches: Callable[[Record], bool] = made_by(compare=False)
    may_match: Callable[[str, str], bool]
    matches_of: Callable[[str, str], Callable[[Record], bool]] | None = made_by(default=None, compare=False)
    needs_request: bool = False
    first_seen: FirstSeen | None = None
    condition: "Node | None" = None
    fields: frozenset[str] = frozenset()
    literals: frozenset[bytes] | None = None

    def may_be_in(self, raw: bytes) -> bool:
        """Whether the record of these bytes can match: no where the rule's keywords are not in them."""
        if self.literals is None or (low := lowered(raw)) is None:
            return True
        return any(literal in low for literal in self.literals)

    def narrowed(self, operation: str, category: str) -> "EventRule":
        """Return the rule for events of this operation (lower case) and category alone, quicker to judge."""
        if self.matches_of is None:
            return self
        return replace(self, matches=self.matches_of(operation, category), matches_of=None)

    @property
    def kind(self) -> Kind:
        return "event" if self.first_seen is None else "first_seen"


@dataclass(frozen=True, kw_only=True)
class Correlation(Rule):
    """A rule about several matches of event rules in a timespan, by the time of the events.

    rules: ids of the event rules, in the order that temporal_ordered wants. at_least: how many operations
    (event_count) or different values of `field` (value_count) are enough; of the temporal types the number of rules.
    aliases: for a name in group_by or field, which field it is in the events of which rule.
    """

    type: CorrelationType
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan: timedelta
    at_least: int
    field: str | None = None
    aliases: Mapping[str, Mapping[str, str]] = made_by(default_factory=dict)

    @property
    def kind(self) -> Kind:
        return "correlation"

    def field_of(self, name: str, rule_id: str) -> str:
        """Return the field that a name in group_by or `field` means in the events of a rule."""
        return self.aliases.get(name, {}).get(rule_id, name)


@dataclass(frozen=True)
class Problem:
    """A file, or a rule in it, that cannot be used; the others are not concerned. line: from 1, 0 where unknown."""

    path: Path
    line: int
    reason: str
    rule: str | None = None
    """Title or id, where the rule was read that far."""


@dataclass(frozen=True)
class RuleSet:
    """All rules that were read, by id, and what could not be read. Turned-off rules are in it, and in `off`."""

    rules: Mapping[str, EventRule] = made_by(default_factory=dict)
    correlations: Mapping[str, Correlation] = made_by(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    off: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ActiveRules(RuleSet):
    """A rule set with what looks rules up; a new one is made whenever a rule or a switch changes."""

    _candidates: dict[tuple[str, str | None], tuple[EventRule, ...]] = made_by(default_factory=dict, compare=False)
    _by_rule: dict[str, tuple[Correlation, ...]] = made_by(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Note which correlations name which rule; those that are off count nothing."""
        for correlation in self.correlations.values():
            if correlation.id not in self.off:
                for rule in correlation.rules:
                    self._by_rule[rule] = (*self._by_rule.get(rule, ()), correlation)

    def candidates(self, event: Event) -> tuple[EventRule, ...]:
        """Return the rules that may match an event of this operation and category; no other rule can.

        Rules that are off, and rules that neither alert nor serve a correlation that is on, are left out.
        """
        key = (event.event_type, event.activity_category)
        found = self._candidates.get(key)
        if found is None:
            if len(self._candidates) >= _MOST_REMEMBERED:
                self._candidates.clear()
            told = key[0], key[1] or ""
            found = tuple(rule.narrowed(*told) for rule in self._useful() if rule.may_match(*told))
            self._candidates[key] = found
        return found

    def _useful(self) -> Iterator[EventRule]:
        return (
            rule
            for rule in self.rules.values()
            if rule.id not in self.off and (rule.alerts or rule.first_seen or rule.id in self._by_rule)
        )

    def correlations_of(self, rule_id: str) -> tuple[Correlation, ...]:
        """Return the correlations that name a rule and are on."""
        return self._by_rule.get(rule_id, ())

    def find(self, wanted: str) -> Rule:
        """Return the rule of an id, or of its beginning or of a title where only one has it, off or not.

        Raises NotFound (unknown_rule).
        """
        named: dict[str, Rule] = {**self.rules, **self.correlations}
        low = wanted.strip().lower()
        if low in named:
            return named[low]
        found = [rule for rule in named.values() if rule.title.lower() == low]
        found = found or [rule for rule in named.values() if low and rule.id.startswith(low)]
        if len(found) == 1:
            return found[0]
        raise NotFound(
            "unknown_rule",
            f"{len(found)} rules go by {wanted!r}." if found else f"No rule goes by {wanted!r}.",
            "Give the rule's id or its whole title; `aisoc rules list` shows them.",
        )
