"""The alerts of first-seen rules, each with the event that was the first when it was written."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncConnection

_SELECT = """
    SELECT alerts.id, alerts.rule_id, alerts.group_key, alerts.operation, first.event_time, first.event_id
    FROM alerts CROSS JOIN LATERAL (
        SELECT event_time, event_id FROM alert_events
        WHERE alert_events.alert_id = alerts.id AND alert_events.rule_id <> ''
        ORDER BY event_time, event_id LIMIT 1
    ) AS first
    WHERE alerts.kind = 'first_seen' AND {condition}
    ORDER BY alerts.created_at, alerts.id
"""
_BY_GROUP = text(_SELECT.format(condition="alerts.rule_id = ANY(:rules) AND alerts.group_key = ANY(:keys)")).bindparams(
    bindparam("keys", type_=ARRAY(BYTEA))
)
# Held until the end: another writer may move the alert to another operation meanwhile, and then it is not found.
_BY_OPERATION = text(_SELECT.format(condition="alerts.operation = ANY(:keys)") + " FOR UPDATE OF alerts").bindparams(
    bindparam("keys", type_=ARRAY(BYTEA))
)


@dataclass(frozen=True)
class FirstAlert:
    """An alert of a first-seen rule, superseded or not. group_key: the group's and the value's together."""

    id: UUID
    rule_id: str
    group_key: bytes
    first_time: datetime
    event_id: UUID

    @property
    def begin(self) -> tuple[datetime, UUID]:
        """The event that it is about, as spans tell theirs."""
        return self.first_time, self.event_id


async def read_first_alerts(
    connection: AsyncConnection, rule_ids: Collection[str], keys: Collection[bytes]
) -> dict[bytes, list[FirstAlert]]:
    """Return rules' alerts about groups and values, by these, the ones made first before others."""
    found: dict[bytes, list[FirstAlert]] = {}
    for row in await connection.execute(_BY_GROUP, {"rules": list(rule_ids), "keys": list(keys)}):
        alert = _alert(row)
        found.setdefault(alert.group_key, []).append(alert)
    return found


async def read_first_alerts_of_operations(
    connection: AsyncConnection, operations: Collection[bytes]
) -> list[tuple[bytes, FirstAlert]]:
    """Return the alerts about operations, with these."""
    if not operations:
        return []
    rows = await connection.execute(_BY_OPERATION, {"keys": list(operations)})
    return [(bytes(row.operation), _alert(row)) for row in rows]


def _alert(row: Row[Any]) -> FirstAlert:
    return FirstAlert(row.id, row.rule_id, bytes(row.group_key), row.event_time, row.event_id)
