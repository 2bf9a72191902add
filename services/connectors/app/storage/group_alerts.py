"""The alerts of correlations and first-seen rules, which are about groups: found by group, and set to what is seen."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.alerts import Draft
from app.storage.arrays import time_array, uuid_array
from app.storage.detection_tables import alerts

_ATTACH = text(
    """
    INSERT INTO alert_events (alert_id, event_id, event_time, rule_id)
    SELECT :alert, * FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[]), CAST(:rules AS text[]))
    ON CONFLICT (alert_id, event_id) DO UPDATE SET rule_id = excluded.rule_id
    WHERE alert_events.rule_id <> excluded.rule_id
    """
)
_DROP_EVENTS = text("DELETE FROM alert_events WHERE alert_id = :alert AND NOT event_id = ANY(CAST(:kept AS uuid[]))")
_DROP_ENTITIES = text(
    """
    DELETE FROM alert_entities WHERE alert_id = :alert AND (kind, value) NOT IN (
        SELECT * FROM unnest(CAST(:kinds AS text[]), CAST(:names AS text[])))
    """
)


@dataclass(frozen=True)
class Standing:
    """An alert that exists. superseded: whether another one took its place."""

    id: UUID
    rule_id: str
    group_key: bytes
    first_time: datetime
    last_time: datetime
    created_at: datetime
    superseded: bool


@dataclass(frozen=True)
class Settled:
    """What an alert is about. events: how many; attached: by id time and matched rule of those that it keeps."""

    draft: Draft
    events: int
    attached: Mapping[UUID, tuple[datetime, str]]


async def read_standing(
    connection: AsyncConnection, rule_ids: Collection[str], group_keys: Collection[bytes]
) -> dict[bytes, list[Standing]]:
    """Return the alerts of rules about groups, superseded ones too, by group, the ones made first before others."""
    query = select(alerts).where(alerts.c.rule_id.in_(rule_ids), alerts.c.group_key.in_(group_keys))
    found: dict[bytes, list[Standing]] = {}
    for row in await connection.execute(query.order_by(alerts.c.created_at, alerts.c.id)):
        key = bytes(row.group_key)
        standing = Standing(
            row.id, row.rule_id, key, row.first_time, row.last_time, row.created_at, row.superseded_by is not None
        )
        found.setdefault(key, []).append(standing)
    return found


async def settle(connection: AsyncConnection, settled: Sequence[Settled], now: datetime) -> None:
    """Make alerts that were written just now exactly what they are about: what only grows there is set here."""
    for each in sorted(settled, key=lambda one: one.draft.id):
        draft, events = each.draft, list(each.attached.items())
        columns = {
            "ids": uuid_array(event_id for event_id, _ in events),
            "times": time_array(time for _, (time, _) in events),
            "rules": [rule for _, (_, rule) in events],
        }
        await connection.execute(_ATTACH, {"alert": draft.id} | columns)
        await connection.execute(_DROP_EVENTS, {"alert": draft.id, "kept": columns["ids"]})
        kinds, names = [entity.kind for entity in draft.entities], [entity.value for entity in draft.entities]
        await connection.execute(_DROP_ENTITIES, {"alert": draft.id, "kinds": kinds, "names": names})
        told = {
            "operation": draft.operation,
            "first_time": draft.first_time,
            "last_time": draft.last_time,
            "events": each.events,
        }
        other = or_(*(alerts.c[name].is_distinct_from(value) for name, value in told.items()))
        await connection.execute(update(alerts).where(alerts.c.id == draft.id, other).values(**told, updated_at=now))
