"""The alerts of a correlation's episodes: made, extended and merged as more is seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.groups import Group
from app.detection.rules import Correlation
from app.detection.titles import shortened
from app.detection.writing import alert_id, draft_alert
from app.storage.alerts import Draft, Written, supersede, write_alerts
from app.storage.group_alerts import Standing, read_standing, settle
from app.storage.siblings import read_records
from app.storage.sightings import Extent, Place, read_extent

ATTACHED_EACH = 250
"""How many of an episode's first events, and of its last, are attached to its alert; it counts all."""

_TOLD_EACH = 50  # of these and of those, how many are read for facts and entities
_LONGEST_TITLE = 300


@dataclass(frozen=True)
class Found:
    """A part of a group's time that is satisfied, with all windows that overlap it among those looked at."""

    group: Group
    place: Place


@dataclass(frozen=True)
class _Due:
    """What an alert has to be. takes: the alerts whose place it takes."""

    id: UUID
    group: Group
    place: Place
    takes: tuple[UUID, ...] = ()


async def write_episodes(
    connection: AsyncConnection, correlation: Correlation, found: Sequence[Found], now: datetime
) -> Written:
    """Make, extend or merge the alerts of satisfied windows; of two that merge, the one made first stays.

    With the locks of the groups.
    """
    standing = await read_standing(connection, [correlation.id], {each.place.group_key for each in found})
    due = [
        each
        for key in sorted({each.place.group_key for each in found})
        for each in _due(correlation, [one for one in found if one.place.group_key == key], standing.get(key, []))
    ]
    drafts, counts = [], {}
    for each in due:
        extent = await read_extent(connection, each.place, ATTACHED_EACH)
        drafts.append(await _draft(connection, correlation, each, extent))
        counts[each.id] = extent.events
    written = await write_alerts(connection, drafts, now)
    await supersede(connection, {old: each.id for each in due for old in each.takes}, now)
    await settle(connection, drafts, counts, now)
    return written


def _due(correlation: Correlation, found: Sequence[Found], standing: Sequence[Standing]) -> list[_Due]:
    """Join what was found in one group with the alerts that overlap it: they share something seen."""
    due: list[_Due] = []
    left = [each for each in standing if not each.superseded]
    for each in sorted(found, key=lambda one: one.place.begins):
        over = [one for one in left if one.first_time <= each.place.ends and one.last_time >= each.place.begins]
        begins = min([each.place.begins, *(one.first_time for one in over)])
        ends = max([each.place.ends, *(one.last_time for one in over)])
        place = Place(each.place.group_key, begins, ends)
        about = place.group_key + begins.isoformat().encode()
        kept = over[0].id if over else alert_id(correlation.id, about)
        left = [one for one in left if one not in over]
        due.append(_Due(kept, each.group, place, tuple(one.id for one in over[1:])))
    return due


async def _draft(connection: AsyncConnection, correlation: Correlation, due: _Due, extent: Extent) -> Draft:
    ends = [event for _, event, _ in extent.ends]
    told = ends if len(ends) <= 2 * _TOLD_EACH else [*ends[:_TOLD_EACH], *ends[-_TOLD_EACH:]]
    events = {event: (time, rule) for time, event, rule in extent.ends}
    count = extent.events if correlation.type.startswith("temporal") else extent.keys
    template = correlation.alert_title
    draft = draft_alert(
        correlation if template is None else replace(correlation, alert_title=template.replace("{count}", str(count))),
        due.id,
        await read_records(connection, told),
        {event: rule for event, (_, rule) in events.items()},
        group_key=due.group.key,
    )
    title = shortened(f"{correlation.title}: {', '.join(due.group.values.values())}", _LONGEST_TITLE)
    return replace(
        draft,
        title=title if template is None and due.group.values else draft.title,
        facts={**draft.facts, "count": count, "group": dict(due.group.values)},
        first_time=due.place.begins,
        last_time=due.place.ends,
        events=events,
    )
