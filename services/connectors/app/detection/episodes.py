"""When a correlation is satisfied: a pure function of what was seen in a group, in whatever order it came."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.detection.rules import Correlation


@dataclass(frozen=True, slots=True)
class Sighting:
    """A match in a group. key: what is counted of it, its operation, a value, or its rule."""

    time: datetime
    event_id: UUID
    rule_id: str
    key: bytes


@dataclass(frozen=True)
class Episode:
    """The union of overlapping windows in which a correlation is satisfied, by the time of its sightings, in order."""

    sightings: tuple[Sighting, ...]

    @property
    def first(self) -> datetime:
        """The time of the first event."""
        return self.sightings[0].time

    @property
    def last(self) -> datetime:
        """The time of the last event."""
        return self.sightings[-1].time


def satisfied(correlation: Correlation, sightings: Iterable[Sighting]) -> list[Episode]:
    """Return the episodes of one group, in the order of time.

    A window is a timespan long, both ends included. In it have to be `at_least` different operations (event_count) or
    values (value_count), a match of each rule (temporal), or these in the order of the rules (temporal_ordered), where
    equal times are in order.
    """
    raise NotImplementedError
