"""Which matches are the first of their kind in a timespan: a pure function of all matches of a rule."""

from collections.abc import Iterable

from app.detection.judging import Match
from app.detection.rules import EventRule


def first_matches(rule: EventRule, matches: Iterable[Match]) -> list[Match]:
    """Return the matches of a first-seen rule that alert, in the order of time."""
    raise NotImplementedError
