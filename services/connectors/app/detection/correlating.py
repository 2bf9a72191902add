"""Correlations on the stream: matches are noted by group, and alerts follow what was seen around them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.episode_alerts import Found, write_episodes
from app.detection.episodes import Need, Seen, Sighting, windows_after, windows_before
from app.detection.groups import Group, sightings_of
from app.detection.judging import Match
from app.detection.rules import Correlation
from app.storage.alerts import Written
from app.storage.sightings import Around, Place, hold_groups, note_sightings, read_around, trim

MOST_AT_ONCE = 10_000
"""How many sightings of one place are read at once; of a temporal_ordered rule also how many on each side of it."""

_LOCKS = 5_003


class Correlations(Protocol):
    """The rules, as far as correlations need them."""

    def correlations_of(self, rule_id: str) -> Sequence[Correlation]:
        """Return the correlations that name a rule and are on."""


@dataclass
class _Groups:
    """What a transaction's matches add to one correlation, by the groups' keys."""

    correlation: Correlation
    groups: dict[bytes, Group] = field(default_factory=dict)
    seen: dict[bytes, set[Sighting]] = field(default_factory=dict)


async def correlate(
    connection: AsyncConnection, rules: Correlations, matches: Sequence[Match], now: datetime
) -> Written:
    """Note matches for the correlations that name their rules, and write the alerts that are due.

    In the transaction that stored the events of the matches, after the locks of their operations. The alerts are a
    function of what is stored: neither order nor batches nor other workers change them. Doing it again changes nothing.
    """
    concerned = _concerned(rules, matches)
    noted = [(key, one) for each in concerned for key, seen in each.seen.items() for one in seen]
    if not noted:
        return Written()
    await hold_groups(connection, _LOCKS, [key for key, _ in noted])
    await note_sightings(connection, noted)
    windows = await _windows(connection, concerned)
    written = [await _follow(connection, each, windows[each.correlation.id], now) for each in concerned]
    return Written(
        tuple(alert for each in written for alert in each.created),
        tuple(alert for each in written for alert in each.changed),
    )


def _concerned(rules: Correlations, matches: Iterable[Match]) -> list[_Groups]:
    """Return what correlations see in matches, by correlation in the order of ids."""
    found: dict[str, _Groups] = {}
    for match in matches:
        for correlation in rules.correlations_of(match.rule.id):
            if not correlation.alerts:
                continue
            concerned = found.setdefault(correlation.id, _Groups(correlation))
            for group, sighting in sightings_of(correlation, match):
                concerned.groups.setdefault(group.key, group)
                concerned.seen.setdefault(group.key, set()).add(sighting)
    return [found[each] for each in sorted(found)]


async def _follow(connection: AsyncConnection, concerned: _Groups, windows: Sequence[Place], now: datetime) -> Written:
    """Write the alerts of one correlation around new sightings."""
    if not windows:
        return Written()
    found = [Found(concerned.groups[place.group_key], place) for place in joined(await trim(connection, windows))]
    return await write_episodes(connection, concerned.correlation, found, now)


@dataclass(frozen=True)
class _Part:
    """Times of new sightings of a group, none further than the correlation's timespan from the next."""

    correlation_id: str
    need: Need
    group_key: bytes
    times: Sequence[datetime]

    @property
    def around(self) -> Around:
        place = Place(self.group_key, self.times[0], self.times[-1])
        return Around(place, self.need.span, None if self.need.order else self.need.different)

    def halves(self) -> list["_Part"]:
        middle = len(self.times) // 2
        return [replace(self, times=self.times[:middle]), replace(self, times=self.times[middle:])]


def _parts(concerned: _Groups) -> Iterator[_Part]:
    correlation = concerned.correlation
    need = Need.of(correlation)
    for key, sightings in concerned.seen.items():
        times = sorted({sighting.time for sighting in sightings})
        cuts = [at for at, (one, next_one) in enumerate(pairwise(times), 1) if next_one - one > need.span]
        for begin, end in pairwise([0, *cuts, len(times)]):
            yield _Part(correlation.id, need, key, times[begin:end])


async def _windows(connection: AsyncConnection, concerned: Sequence[_Groups]) -> dict[str, list[Place]]:
    """Return unions of satisfied windows that touch new sightings, by correlation.

    Where too much was seen among them to be read at once, it is read in parts: each is right by itself.
    """
    found: dict[str, list[Place]] = {each.correlation.id: [] for each in concerned}
    parts = [part for each in concerned for part in _parts(each)]
    while parts:
        around = await read_around(connection, [part.around for part in parts], MOST_AT_ONCE)
        again: list[_Part] = []
        for part, seen in zip(parts, around, strict=True):
            if len(part.times) > 1 and _too_many(part.around.place, seen):
                again += part.halves()
                continue
            windows = (*windows_before(part.need, seen), *windows_after(part.need, seen))
            found[part.correlation_id] += [Place(part.group_key, begin, end) for begin, end in windows]
        parts = again
    return found


def _too_many(place: Place, seen: Sequence[Seen]) -> bool:
    return sum(place.begins <= time <= place.ends for time, _ in seen) > MOST_AT_ONCE


def joined(places: Iterable[Place]) -> list[Place]:
    """Return places of the same group that share something seen as one. They begin and end with something seen."""
    found: list[Place] = []
    for place in sorted(places, key=lambda place: (place.group_key, place.begins)):
        last = found[-1] if found else None
        if last is not None and last.group_key == place.group_key and place.begins <= last.ends:
            found[-1] = Place(place.group_key, last.begins, max(last.ends, place.ends))
        else:
            found.append(place)
    return found
