"""A correlation's episodes in a stream of matches, with memory for a timespan of each group and for what is open."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.detection.episodes import Episode, Sighting, satisfied
from app.detection.groups import sightings_of
from app.detection.hits import KEPT_EVENTS, Hit
from app.detection.judging import Match
from app.detection.rules import Correlation
from app.events.event import Event

# A group with so many sightings is looked through for what can be forgotten; then when it is twice as large.
_MANY = 1_000


@dataclass
class _Group:
    """The sightings of a group that may still become part of an episode, in the order of time."""

    sightings: list[Sighting] = field(default_factory=list)
    events: dict[UUID, Event] = field(default_factory=dict)
    enough: int = _MANY


class Episodes:
    """The episodes of a correlation; an episode counts as soon as no later match can be a part of it."""

    def __init__(self, correlation: Correlation, since: datetime) -> None:
        self.count, self.events = 0, 0
        self.hits: list[Hit] = []
        self._correlation, self._since = correlation, since
        self._groups: dict[bytes, _Group] = {}
        self._kept = 0
        self._enough = _MANY

    def add(self, matches: Sequence[Match]) -> None:
        """Take the next matches."""
        for match in matches:
            self.events += match.record.event.event_time >= self._since
            for group, sighting in sightings_of(self._correlation, match):
                self._note(group.key, sighting, match.record.event)
        if matches and len(self._groups) >= self._enough:
            self._forget_until(matches[-1].record.event.event_time - self._correlation.timespan)

    def close(self) -> None:
        """Count the episodes that no later match has ended."""
        for group in self._groups.values():
            self._count(satisfied(self._correlation, group.sightings), group)
        self._groups.clear()
        self.hits.sort(key=lambda hit: hit.first_time)

    def _note(self, key: bytes, sighting: Sighting, event: Event) -> None:
        group = self._groups.setdefault(key, _Group())
        if group.sightings and sighting.time - group.sightings[-1].time > self._correlation.timespan:
            self._count(satisfied(self._correlation, group.sightings), group)
            group = self._groups[key] = _Group()
        group.sightings.append(sighting)
        group.events[event.id] = event
        if len(group.sightings) >= group.enough:
            self._settle(group)

    def _settle(self, group: _Group) -> None:
        """Count the episodes that have ended, and keep what a window that is to come can reach, and open episodes."""
        keep = group.sightings[-1].time - self._correlation.timespan
        episodes = satisfied(self._correlation, group.sightings)
        ended = [episode for episode in episodes if episode.last < keep]
        self._count(ended, group)
        keep = min([keep, *(episode.first for episode in episodes[len(ended) :])])
        del group.sightings[: bisect_left(group.sightings, keep, key=lambda each: each.time)]
        group.events = {each.event_id: group.events[each.event_id] for each in group.sightings}
        group.enough = max(_MANY, 2 * len(group.sightings))

    def _forget_until(self, moment: datetime) -> None:
        """Count and forget the groups in which nothing was seen since."""
        for key, group in list(self._groups.items()):
            if group.sightings[-1].time < moment:
                self._count(satisfied(self._correlation, group.sightings), group)
                del self._groups[key]
        self._enough = max(_MANY, 2 * len(self._groups))

    def _count(self, episodes: Sequence[Episode], group: _Group) -> None:
        for episode in episodes:
            if episode.last < self._since:
                continue
            self.count += 1
            ids = list(dict.fromkeys(sighting.event_id for sighting in episode.sightings))
            if self._kept < KEPT_EVENTS:
                self._kept += len(ids)
                self.hits.append(Hit(group.events[ids[0]], ids, episode.first, episode.last))
