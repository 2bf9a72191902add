"""The coverage strip: a ledger cut into pieces of one kind each, placed by percent on a span of time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from app.collection.coverage import Coverage
from app.connectors.base import Window

Kind = Literal["settled", "settling", "gap", "unread", "upcoming", "unasked"]

LEGEND: dict[Kind, str] = {
    "settled": "Covered",
    "settling": "Covered, late events may still come",
    "gap": "Gap: can never be read",
    "unread": "Not read yet",
    "upcoming": "Read by the next poll",
    "unasked": "Never asked for",
}
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_STEPS = (5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 12 * _HOUR, _DAY, 7 * _DAY, 15 * _DAY)
_MOST_TICKS = 7
# A label in the middle of its mark needs so much room at the ends, in percent.
_MARGIN = 3


@dataclass(frozen=True)
class Segment:
    """A piece of the strip. left, width: percent of the whole."""

    kind: Kind
    window: Window
    left: float
    width: float


@dataclass(frozen=True)
class Tick:
    """A mark below the strip. left: percent of the whole."""

    at: datetime
    left: float
    label: str


def segments(coverage: Coverage | None, span: Window) -> list[Segment]:
    """Return what is known of a span of time, oldest first, without holes; neighbours differ in kind."""
    found: list[tuple[Kind, Window]] = []
    for since, until in pairwise(_edges(coverage, span)):
        kind = _kind(coverage, since, until)
        if found and found[-1][0] == kind:
            found[-1] = (kind, Window(found[-1][1].since, until))
        else:
            found.append((kind, Window(since, until)))
    return [
        Segment(kind, window, _percent(window.since, span), 100 * (window.until - window.since) / _width(span))
        for kind, window in found
    ]


def ticks(span: Window) -> list[Tick]:
    """Return round times of a span, at most seven."""
    step = next((step for step in _STEPS if (span.until - span.since) / step <= _MOST_TICKS), _STEPS[-1])
    midnight = span.since.replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + -((midnight - span.since) // step) * step
    number = max(0, (span.until - first) // step + 1)
    form = "%d %b" if step >= _DAY else "%H:%M"
    marks = (first + place * step for place in range(number))
    placed = [Tick(at, _percent(at, span), f"{at:{form}}") for at in marks]
    return [tick for tick in placed if _MARGIN <= tick.left <= 100 - _MARGIN]


def _edges(coverage: Coverage | None, span: Window) -> list[datetime]:
    """Return the times within a span where something begins or ends, and the span's own ends."""
    edges = {span.since, span.until}
    if coverage is not None:
        gaps = (gap.window for gap in coverage.gaps)
        for window in (*coverage.read, *coverage.unsettled, *coverage.missing, *gaps):
            edges |= {window.since, window.until}
        edges.add(coverage.asked_since)
    return sorted(edge for edge in edges if span.since <= edge <= span.until)


def _kind(coverage: Coverage | None, since: datetime, until: datetime) -> Kind:
    """Return what a piece is in which nothing begins or ends, the worst first."""
    if coverage is None:
        return "unasked"
    if _within((gap.window for gap in coverage.gaps), since, until):
        return "gap"
    if _within(coverage.missing, since, until):
        return "unread"
    if _within(coverage.unsettled, since, until):
        return "settling"
    if _within(coverage.read, since, until):
        return "settled"
    return "unasked" if until <= coverage.asked_since else "upcoming"


def _within(windows: Iterable[Window], since: datetime, until: datetime) -> bool:
    return any(window.since <= since and until <= window.until for window in windows)


def _percent(at: datetime, span: Window) -> float:
    return 100 * ((at - span.since) / _width(span))


def _width(span: Window) -> timedelta:
    return max(span.until - span.since, timedelta(microseconds=1))
