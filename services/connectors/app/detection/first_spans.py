"""When something is the first of its kind in a timespan: a pure function of all that was seen.

Times are told apart by the hour, so that most events change nothing. What is seen without a pause as long as the
timespan is one span, and its first event is what is first seen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from app.detection.groups import Group, digest, groups_of, texts
from app.detection.judging import Match
from app.detection.rules import EventRule, FirstSeen

HOUR = timedelta(hours=1)

Key = tuple[bytes, bytes]
"""A group's key and a value's: what may be seen for the first time."""


class Span(NamedTuple):
    """From when to when something was seen without a long pause. last: the hour in which it was seen last.

    Sorted by its beginning.
    """

    first: datetime
    event_id: UUID
    last: datetime

    @property
    def begin(self) -> tuple[datetime, UUID]:
        """What is first seen, in an order without ties."""
        return self.first, self.event_id

    def holds(self, moment: datetime) -> bool:
        """Whether an event of that time is in the span, where it is one of what the span is about."""
        return self.first <= moment < self.last + HOUR


def hour(moment: datetime) -> datetime:
    """Return the beginning of a time's hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def pause(timespan: timedelta) -> timedelta:
    """Return the pause after which something counts as new: a timespan in full hours, one at least."""
    return max(HOUR, -(-timespan // HOUR) * HOUR)


def merged(spans: Iterable[Span], timespan: timedelta) -> list[Span]:
    """Return spans, in the order of time, of which none begins within the pause after another."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and hour(span.first) - found[-1].last < pause(timespan):
            found[-1] = found[-1]._replace(last=max(found[-1].last, span.last))
        else:
            found.append(span)
    return found


def alerting(first_seen: FirstSeen, of_value: Mapping[bytes, Sequence[Span]]) -> dict[bytes, list[Span]]:
    """Return which spans of one group alert, by value.

    All do where the group itself is looked at. Where a field has to be new for a group that is known, those do that
    another value's span goes before; of values in one event the first by key goes before the others.
    """
    if first_seen.field is None:
        return {value: list(spans) for value, spans in of_value.items()}
    begins = sorted((span.begin, value) for value, spans in of_value.items() for span in spans[:1])
    return {
        value: [span for span in spans if any((span.begin, value) > one for one in begins[:2] if one[1] != value)]
        for value, spans in of_value.items()
    }


def keys_of(rule: EventRule, match: Match) -> Iterator[tuple[Group, bytes]]:
    """Yield the groups that a match of a first-seen rule is in, each with each value that it shows."""
    first_seen = rule.first_seen
    assert first_seen is not None
    field = first_seen.field
    values = [b""] if field is None else [_value_key(value) for value in texts(match.record, field)]
    if values:
        fields = {name: name for name in first_seen.group_by}
        for group in groups_of(match.record, fields, rule.id, field or ""):
            for value in values:
                yield group, value


_value_key = lru_cache(4096)(digest)


def span_of(match: Match) -> Span:
    """Return the span of a match alone."""
    event = match.record.event
    return Span(event.event_time, event.id, hour(event.event_time))


def first_matches(rule: EventRule, matches: Iterable[Match]) -> list[Match]:
    """Return, of all the matches of a first-seen rule, those that alert, in the order of time."""
    assert rule.first_seen is not None
    groups: dict[bytes, dict[bytes, list[Span]]] = {}
    by_event: dict[UUID, Match] = {}
    for match in matches:
        by_event[match.record.event.id] = match
        for group, value in keys_of(rule, match):
            groups.setdefault(group.key, {}).setdefault(value, []).append(span_of(match))
    first: set[tuple[datetime, UUID]] = set()
    for of_value in groups.values():
        spans = {value: merged(found, rule.first_seen.timespan) for value, found in of_value.items()}
        first |= {span.begin for found in alerting(rule.first_seen, spans).values() for span in found}
    return [by_event[event_id] for _, event_id in sorted(first)]
