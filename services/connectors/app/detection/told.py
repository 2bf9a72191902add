"""What a rule says about some records, with the reason, part by part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.detection.explaining import explain
from app.detection.findings import members
from app.detection.judging import requests_of
from app.detection.operations import Held, by_operation
from app.detection.record import Record
from app.detection.rules import EventRule, Rule, RuleSet
from app.events.event import Event

_NO_REQUEST = "not judged: the rule reads the request, and no record of the operation has it"


@dataclass(frozen=True)
class Judged:
    """One event judged by one event rule. lines: each part of the condition, or why it was not judged."""

    rule: EventRule
    event: Event
    matched: bool
    lines: tuple[str, ...]


def explain_records(rule: Rule, rules: RuleSet, records: Sequence[Held], only: UUID | None = None) -> list[Judged]:
    """Judge records, or the one of an id, by a rule or by each that it correlates, with their operation's request."""
    return [
        judged
        for found in by_operation(records).values()
        for member in members(rule, rules)
        for judged in _of_operation(member, found, only)
    ]


def _of_operation(rule: EventRule, found: Sequence[Held], only: UUID | None) -> Iterator[Judged]:
    own, different = requests_of((held.event, held.raw) for held in found)
    for held, request in zip(found, own, strict=True):
        if only not in (None, held.event.id):
            continue
        bodies: Sequence[Mapping[str, Any] | None] = [request] if request is not None else different
        if rule.needs_request and not bodies:
            yield Judged(rule, held.event, matched=False, lines=(_NO_REQUEST,))
            continue
        told = [explain(rule, Record(held.event, held.raw, body)) for body in bodies or [None]]
        best = next((each for each in told if each.matched), told[0])
        yield Judged(rule, held.event, best.matched, tuple(best.render()))
