"""First-seen rules on the stream: alerts for what a group shows for the first time in a timespan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.first_alerts import Shown, write_first_alerts
from app.detection.first_spans import Key, Span, keys_of, merged, span_of
from app.detection.judging import Match
from app.detection.rules import EventRule, FirstSeen
from app.storage.alerts import Written
from app.storage.sightings import hold_groups
from app.storage.spans import read_others, read_spans, write_spans

_LOCKS = 5_004


@dataclass
class _Noted:
    """What a transaction's matches of one rule in one group show, by value."""

    rule: EventRule
    first_seen: FirstSeen
    spans: dict[bytes, list[Span]] = field(default_factory=dict)


async def note_spans(connection: AsyncConnection, matches: Sequence[Match], now: datetime) -> Written:
    """Note the matches of rules with a first-seen condition (others are passed over), and write the alerts due.

    In the transaction that stored the events of the matches, after `correlate`. The alerts are a function of what is
    stored: a late event that is earlier moves an alert to itself, and takes back one that was not the first.
    """
    noted = _noted(matches)
    if not noted:
        return Written()
    changed = {group for (group, _), _ in _changes(noted, await _stored(connection, noted))}
    if not changed:  # as most events: nothing is locked for them
        return Written()
    noted = {group: noted[group] for group in changed}
    await hold_groups(connection, _LOCKS, list(noted))
    before = await _stored(connection, noted)  # again: another writer may have changed it before the lock was had
    after = dict(_changes(noted, before))
    await write_spans(connection, {key: before[key] for key in after}, after)
    new = {key: spans for key, spans in after.items() if _begins(spans) != _begins(before[key])}
    return await _follow(connection, noted, new, now)


def _noted(matches: Iterable[Match]) -> dict[bytes, _Noted]:
    """Return by group what matches show; of each hour what was first."""
    found: dict[bytes, _Noted] = {}
    for match in matches:
        first_seen = match.rule.first_seen
        if first_seen is None or not match.rule.alerts:
            continue
        span = span_of(match)
        for group, value in keys_of(match.rule, match):
            noted = found.get(group.key)
            if noted is None:
                noted = found[group.key] = _Noted(match.rule, first_seen)
            noted.spans.setdefault(value, []).append(span)
    return found


async def _stored(connection: AsyncConnection, noted: Mapping[bytes, _Noted]) -> dict[Key, list[Span]]:
    return await read_spans(connection, [(group, value) for group, one in noted.items() for value in one.spans])


def _changes(noted: Mapping[bytes, _Noted], before: Mapping[Key, Sequence[Span]]) -> Iterable[tuple[Key, list[Span]]]:
    """Yield the keys whose spans become others, and what they become."""
    for group, one in noted.items():
        for value, spans in one.spans.items():
            key = group, value
            after = merged([*before[key], *spans], one.first_seen.timespan)
            if after != before[key]:
                yield key, after


def _begins(spans: Iterable[Span]) -> list[tuple[datetime, UUID]]:
    return [span.begin for span in spans]


async def _follow(
    connection: AsyncConnection, noted: Mapping[bytes, _Noted], new: Mapping[Key, list[Span]], now: datetime
) -> Written:
    """Write the alerts of groups in which something else than before is first.

    Of the values that did not change, only the one that was seen first can alert now and did not before.
    """
    with_field = [key for key in new if noted[key[0]].first_seen.field is not None]
    others = await read_spans(connection, await read_others(connection, with_field)) if with_field else {}
    groups: dict[bytes, dict[bytes, list[Span]]] = {}
    for (group, value), spans in (*new.items(), *others.items()):
        groups.setdefault(group, {})[value] = spans
    shown = [Shown(noted[group].rule, group, spans) for group, spans in sorted(groups.items())]
    return await write_first_alerts(connection, shown, now)
