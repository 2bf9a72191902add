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
from app.storage.group_alerts import Settled, Standing, read_standing, settle
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


_Part = tuple[datetime, datetime, Standing | None]
"""When something begins and ends: an alert, or what was found."""


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
    settled = []
    for each in due:
        extent = await read_extent(connection, each.place, ATTACHED_EACH)
        attached = {event: (time, rule) for time, event, rule in extent.ends}
        settled.append(Settled(await _draft(connection, correlation, each, extent), extent.events, attached))
    written = await write_alerts(connection, [one.draft for one in settled], now)
    await supersede(connection, {old: each.id for each in due for old in each.takes}, now)
    await settle(connection, settled, now)
    return written


def _due(correlation: Correlation, found: Sequence[Found], standing: Sequence[Standing]) -> list[_Due]:
    """Join what was found in one group with one another and with the alerts that overlap it: they share a sighting."""
    parts: list[_Part] = [
        *((each.place.begins, each.place.ends, None) for each in found),
        *((each.first_time, each.last_time, each) for each in standing if not each.superseded),
    ]
    due: list[_Due] = []
    for together in _overlapping(sorted(parts, key=lambda part: part[:2])):
        if all(alert is not None for _, _, alert in together):
            continue
        group, begins = found[0].group, together[0][0]
        alerts = sorted((alert for _, _, alert in together if alert), key=lambda one: (one.created_at, one.id))
        identity = alerts[0].id if alerts else alert_id(correlation.id, group.key + begins.isoformat().encode())
        place = Place(group.key, begins, max(ends for _, ends, _ in together))
        due.append(_Due(identity, group, place, tuple(alert.id for alert in alerts[1:])))
    return due


def _overlapping(
    parts: Sequence[_Part],
) -> list[list[_Part]]:
    found: list[list[_Part]] = []
    for part in parts:
        if found and part[0] <= max(ends for _, ends, _ in found[-1]):
            found[-1].append(part)
        else:
            found.append([part])
    return found


async def _draft(connection: AsyncConnection, correlation: Correlation, due: _Due, extent: Extent) -> Draft:
    ends = extent.ends
    told = ends if len(ends) <= 2 * _TOLD_EACH else (*ends[:_TOLD_EACH], *ends[-_TOLD_EACH:])
    matched = {event: rule for _, event, rule in told}
    count = extent.events if correlation.type.startswith("temporal") else extent.keys
    template = correlation.alert_title
    draft = draft_alert(
        correlation if template is None else replace(correlation, alert_title=template.replace("{count}", str(count))),
        due.id,
        await read_records(connection, matched),
        matched,
        group_key=due.group.key,
    )
    title = shortened(f"{correlation.title}: {', '.join(due.group.values.values())}", _LONGEST_TITLE)
    return replace(
        draft,
        title=title if template is None and due.group.values else draft.title,
        facts={**draft.facts, "count": count, "group": dict(due.group.values)},
        first_time=due.place.begins,
        last_time=due.place.ends,
    )
