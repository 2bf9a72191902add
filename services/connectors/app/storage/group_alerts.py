"""The alerts of correlations and first-seen rules, which are about groups: found by group, and set to what is seen."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.alerts import Draft
from app.storage.arrays import bytes_array, number_array, time_array, uuid_array
from app.storage.detection_tables import alerts

_ATTACH = text(
    """
    INSERT INTO alert_events (alert_id, event_id, event_time, rule_id)
    SELECT * FROM unnest(CAST(:of AS uuid[]), CAST(:ids AS uuid[]), CAST(:times AS timestamptz[]),
        CAST(:rules AS text[]))
    ON CONFLICT (alert_id, event_id) DO UPDATE SET rule_id = excluded.rule_id
    WHERE alert_events.rule_id <> excluded.rule_id
    """
)
_DROP_EVENTS = text(
    """
    DELETE FROM alert_events WHERE alert_id = ANY(CAST(:alerts AS uuid[])) AND NOT EXISTS (
        SELECT FROM unnest(CAST(:of AS uuid[]), CAST(:ids AS uuid[])) AS kept (alert_id, event_id)
        WHERE kept.alert_id = alert_events.alert_id AND kept.event_id = alert_events.event_id)
    """
)
_DROP_ENTITIES = text(
    """
    DELETE FROM alert_entities WHERE alert_id = ANY(CAST(:alerts AS uuid[])) AND NOT EXISTS (
        SELECT FROM unnest(CAST(:of AS uuid[]), CAST(:kinds AS text[]), CAST(:names AS text[]))
            AS kept (alert_id, kind, value)
        WHERE kept.alert_id = alert_entities.alert_id AND kept.kind = alert_entities.kind
            AND kept.value = alert_entities.value)
    """
)
_SET = text(
    """
    UPDATE alerts SET operation = told.operation, first_time = told.first_time, last_time = told.last_time,
        events = told.events, updated_at = :now
    FROM unnest(CAST(:alerts AS uuid[]), CAST(:operations AS bytea[]), CAST(:firsts AS timestamptz[]),
        CAST(:lasts AS timestamptz[]), CAST(:numbers AS int[])) AS told (id, operation, first_time, last_time, events)
    WHERE alerts.id = told.id AND (alerts.operation, alerts.first_time, alerts.last_time, alerts.events)
        IS DISTINCT FROM (told.operation, told.first_time, told.last_time, told.events)
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
    if not settled:
        return
    drafts = [each.draft for each in settled]
    ids = {"alerts": uuid_array(draft.id for draft in drafts)}
    events = _events(settled)
    await connection.execute(_ATTACH, events)
    await connection.execute(_DROP_EVENTS, ids | {name: events[name] for name in ("of", "ids")})
    await connection.execute(_DROP_ENTITIES, ids | _entities(drafts))
    columns = {
        "operations": bytes_array(draft.operation for draft in drafts),
        "firsts": time_array(draft.first_time for draft in drafts),
        "lasts": time_array(draft.last_time for draft in drafts),
        "numbers": number_array(each.events for each in settled),
    }
    await connection.execute(_SET, ids | columns | {"now": now})


def _events(settled: Sequence[Settled]) -> dict[str, Any]:
    rows = [(each.draft.id, *row) for each in settled for row in each.attached.items()]
    return {
        "of": uuid_array(alert for alert, _, _ in rows),
        "ids": uuid_array(event for _, event, _ in rows),
        "times": time_array(time for _, _, (time, _) in rows),
        "rules": [rule for _, _, (_, rule) in rows],
    }


def _entities(drafts: Sequence[Draft]) -> dict[str, Any]:
    rows = [(draft.id, entity) for draft in drafts for entity in draft.entities]
    return {
        "of": uuid_array(alert for alert, _ in rows),
        "kinds": [entity.kind for _, entity in rows],
        "names": [entity.value for _, entity in rows],
    }
