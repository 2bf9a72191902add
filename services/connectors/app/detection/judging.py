"""Which rules the records of an operation match: a pure function, the same for the stream, hunts and samples."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.detection.operations import operation_key
from app.detection.record import Record
from app.detection.requests import read_request
from app.detection.rules import EventRule
from app.events.event import Event

RulesOf = Callable[[Event], Sequence[EventRule]]
OnFailure = Callable[[EventRule, Exception], None]
Request = Mapping[str, Any]


@dataclass(frozen=True)
class Match:
    """A record that matches a rule. operation: the key of the record's operation."""

    rule: EventRule
    record: Record
    operation: bytes


def judge(
    rules_of: RulesOf, records: Iterable[tuple[Event, bytes]], on_failure: OnFailure | None = None
) -> list[Match]:
    """Judge all records of one or more operations, by the rules that can match each; return the matches.

    A rule that reads the request is judged with the record's own one, or else with each that the operation's records
    carry, and not at all where none does: so more records never make fewer matches. on_failure: told of a rule that
    raised, whose match does not count; without it the error is raised.
    """
    operations: dict[bytes, list[tuple[Event, bytes]]] = {}
    for event, raw in records:
        operations.setdefault(operation_key(event), []).append((event, raw))
    return [
        match
        for key, found in operations.items()
        for match in judge_operation(rules_of, key, sorted(found, key=_place), on_failure)
    ]


def requests_of(records: Iterable[tuple[Event, bytes]]) -> tuple[list[Request | None], list[Request]]:
    """Return the request that each record of one operation carries, and the different ones of them all."""
    own: list[Request | None] = [read_request(raw) for _, raw in records]
    different: list[Request] = []
    for request in own:
        if request is not None and request not in different:
            different.append(request)
    return own, different


def _place(found: tuple[Event, bytes]) -> tuple[Any, ...]:
    event, _ = found
    return event.event_time, event.id.int


def judge_operation(
    rules_of: RulesOf, key: bytes, found: Sequence[tuple[Event, bytes]], on_failure: OnFailure | None = None
) -> Iterator[Match]:
    """Yield the matches of one operation, whose key and records in the order of time are known; else as `judge`."""
    judging = [rules_of(event) for event, _ in found]
    asked = any(rule.needs_request for rules in judging for rule in rules)
    own, different = requests_of(found) if asked else ([None] * len(found), [])
    for (event, raw), rules, request in zip(found, judging, own, strict=True):
        if not rules:
            continue
        records = [Record(event, raw, each) for each in ([request] if request is not None else different)]
        plain = records[:1] or [Record(event, raw)]
        for rule in rules:
            for record in records if rule.needs_request else plain:
                if fits(rule, record, on_failure):
                    yield Match(rule, record, key)


def fits(rule: EventRule, record: Record, on_failure: OnFailure | None) -> bool:
    """Whether a record matches a rule; on_failure: told of a rule that raised, whose match does not count."""
    try:
        return rule.matches(record)
    except Exception as error:  # a rule is what somebody dropped in: whatever it raises, the others go on
        if on_failure is None:
            raise
        on_failure(rule, error)
        return False
