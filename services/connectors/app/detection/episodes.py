"""When a correlation is satisfied: a pure function of what was seen in a group, in whatever order it came.

A window is a timespan long, both ends included. An episode is the union of the satisfied windows that overlap, so an
event is in one when some timespan around it satisfies the correlation. More sightings never make less of it.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Protocol
from uuid import UUID

from app.detection.rules import Correlation

Seen = tuple[datetime, bytes]
"""When something was seen, and the key that is counted."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_first = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A match in a group. key: what is counted of it, its operation, a value, or its rule."""

    time: datetime
    event_id: UUID
    rule_id: str
    key: bytes


@dataclass(frozen=True)
class Episode:
    """What was seen in a union of overlapping satisfied windows, in the order of time."""

    sightings: tuple[Sighting, ...]

    @property
    def first(self) -> datetime:
        """The time of the first event."""
        return self.sightings[0].time

    @property
    def last(self) -> datetime:
        """The time of the last event."""
        return self.sightings[-1].time


@dataclass(frozen=True)
class Need:
    """What a window has to hold: so many different keys, or these keys in their order (equal times are in order)."""

    span: timedelta
    different: int = 0
    order: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, correlation: Correlation) -> "Need":
        """Return what a correlation needs. A rule that it names twice is one rule."""
        rules = tuple(dict.fromkeys(rule_key(rule) for rule in correlation.rules))
        if correlation.type == "temporal_ordered":
            return cls(correlation.timespan, order=rules)
        return cls(correlation.timespan, len(rules) if correlation.type == "temporal" else correlation.at_least)


def rule_key(rule_id: str) -> bytes:
    """Return the key by which the temporal types count the matches of a rule."""
    return hashlib.blake2b(rule_id.encode(), digest_size=16).digest()


def satisfied(correlation: Correlation, sightings: Iterable[Sighting]) -> list[Episode]:
    """Return a correlation's episodes among all the sightings of one group, in the order of time.

    In a window have to be `at_least` different operations (event_count) or values (value_count), a match of each rule
    (temporal), or these in the order of the rules (temporal_ordered), where equal times are in order.
    """
    need = Need.of(correlation)
    seen = sorted(set(sightings), key=lambda each: (each.time, each.event_id.int, each.rule_id, each.key))
    times = [each.time for each in seen]
    found = windows_before(need, [(each.time, each.key) for each in seen])
    return [Episode(tuple(seen[bisect_left(times, begin) : bisect_right(times, end)])) for begin, end in found]


def windows_before(need: Need, seen: Sequence[Seen]) -> list[tuple[datetime, datetime]]:
    """Return the unions of overlapping satisfied windows that end with something seen, as begin and end.

    The end is the time of something seen, the begin need not be. seen: in the order of time.
    """
    ends = _satisfied_at(need, ((_number(time), key) for time, key in seen))
    return [(_time(first) - need.span, _time(last)) for first, last in _runs(ends, need)]


def windows_after(need: Need, seen: Sequence[Seen]) -> list[tuple[datetime, datetime]]:
    """Return the same of windows that begin with something seen: the begin is its time, the end need not be one."""
    mirrored = Need(need.span, need.different, need.order[::-1])
    begins = _satisfied_at(mirrored, ((-_number(time), key) for time, key in reversed(seen)))
    return [(_time(-last), _time(-first) + need.span) for first, last in _runs(begins, need)]


def _satisfied_at(need: Need, seen: Iterable[tuple[int, bytes]]) -> Iterator[int]:
    """Yield the times at which the window that ends there is satisfied. seen: in the order of time."""
    span = need.span // _MICROSECOND
    counter: _Counter = _Ordered(need.order) if need.order else _Different(max(1, need.different))
    for at, together in groupby(seen, key=_first):
        counter.note(at, [key for _, key in together])
        start = counter.start()
        if start is not None and at - start <= span:
            yield at


def _runs(satisfied: Iterator[int], need: Need) -> Iterator[tuple[int, int]]:
    """Yield the first and last end of windows that overlap one another."""
    span = need.span // _MICROSECOND
    first = last = next(satisfied, None)
    for end in satisfied:
        if first is not None and last is not None and end - span > last:
            yield first, last
            first = end
        last = end
    if first is not None and last is not None:
        yield first, last


class _Counter(Protocol):
    """Knows the shortest window that holds what is needed and ends with what was noted last."""

    def note(self, at: int, keys: Sequence[bytes]) -> None:
        """Note keys that were seen at one time, not before those noted already."""

    def start(self) -> int | None:
        """Return when that window begins; None where nothing holds what is needed."""


class _Different:
    """The last so many different keys; memory does not grow with what is seen."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._last: OrderedDict[bytes, int] = OrderedDict()

    def note(self, at: int, keys: Sequence[bytes]) -> None:
        last = self._last
        for key in keys:
            last[key] = at
            last.move_to_end(key)
            if len(last) > self._number:
                last.popitem(last=False)

    def start(self) -> int | None:
        return next(iter(self._last.values())) if len(self._last) == self._number else None


class _Ordered:
    """For each beginning of the order, the latest time at which it can have begun."""

    def __init__(self, order: Sequence[bytes]) -> None:
        self._places = {key: place for place, key in enumerate(order)}
        self._begun: list[int | None] = [None] * len(order)

    def note(self, at: int, keys: Sequence[bytes]) -> None:
        for place in sorted({self._places[key] for key in keys if key in self._places}):
            self._begun[place] = self._begun[place - 1] if place else at

    def start(self) -> int | None:
        return self._begun[-1]


def _number(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND


def _time(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
