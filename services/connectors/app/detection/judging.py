"""Which rules the records of an operation match: a pure function, the same for the stream, hunts and samples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.detection.record import Record
from app.detection.rules import EventRule
from app.events.event import Event

RulesOf = Callable[[Event], Sequence[EventRule]]
OnFailure = Callable[[EventRule, Exception], None]


@dataclass(frozen=True)
class Match:
    """A record that matches a rule. operation: the key of the record's operation."""

    rule: EventRule
    record: Record
    operation: bytes


def judge(
    rules_of: RulesOf, records: Sequence[tuple[Event, bytes]], on_failure: OnFailure | None = None
) -> list[Match]:
    """Judge all records of one or more operations, by the rules that can match each; return the matches.

    A rule that reads the request is judged with the record's own one, or else with each that the operation's records
    carry, and not at all where none does: so more records never make fewer matches. on_failure: told of a rule that
    raised, whose match does not count; without it the error is raised.
    """
    raise NotImplementedError
