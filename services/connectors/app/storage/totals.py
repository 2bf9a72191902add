"""Queries about all connectors at once, for metrics: a few for the whole, however many connectors there are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import quarantine, readings

# Rows before the horizon change no more: their sums need not be taken again.
_SUMS = text(
    """
    WITH recent AS NOT MATERIALIZED (SELECT * FROM polls WHERE id >= :horizon),
    horizon AS (
        SELECT coalesce(
            (SELECT min(id) FROM recent WHERE started_at > :stale AND (finished_at IS NULL OR finished_at > :fresh)),
            (SELECT max(id) + 1 FROM recent),
            :horizon
        ) AS id
    )
    SELECT horizon.id AS horizon, recent.id < horizon.id AS past, connector_id, tier,
        CASE WHEN error IS NULL THEN 'complete' ELSE error ->> 'code' END AS outcome,
        count(*) AS polls, sum(requests) AS requests, sum(events_read) AS events_read,
        sum(events_added) AS events_added, sum(events_duplicate) AS events_duplicate,
        sum(events_quarantined) AS events_quarantined, sum(late_recovered) AS late_recovered
    FROM recent, horizon
    WHERE finished_at IS NOT NULL
    GROUP BY horizon.id, past, connector_id, tier, outcome
    """
)
SUMMED = (
    *("polls", "requests", "events_read", "events_added"),
    *("events_duplicate", "events_quarantined", "late_recovered"),
)
_STALE = timedelta(days=2)
_FRESH = timedelta(minutes=1)


@dataclass(frozen=True)
class PollSums:
    """Sums over the finished polls of a connector, a tier and an outcome: `complete` or the code of the error.

    past: whether these polls change no more; horizon: the first id that may.
    """

    horizon: int
    past: bool
    connector_id: UUID
    tier: str
    outcome: str
    sums: dict[str, int]


async def sum_polls(connection: AsyncConnection, horizon: int, now: datetime) -> list[PollSums]:
    """Return the sums of the polls from an id on. What is open for days was killed, and holds the horizon no longer."""
    values = {"horizon": horizon, "stale": now - _STALE, "fresh": now - _FRESH}
    return [
        PollSums(row.horizon, row.past, row.connector_id, row.tier, row.outcome, _sums(row))
        for row in await connection.execute(_SUMS, values)
    ]


def _sums(row: Any) -> dict[str, int]:
    return {name: int(getattr(row, name)) for name in SUMMED}


async def count_readings(connection: AsyncConnection) -> dict[tuple[str, str], int]:
    """Return how many readings there are of each kind and state."""
    query = select(readings.c.kind, readings.c.state, func.count()).group_by(readings.c.kind, readings.c.state)
    return {(kind, state): number for kind, state, number in await connection.execute(query)}


async def count_quarantined(connection: AsyncConnection) -> int:
    """Return how many records are in quarantine."""
    return int((await connection.execute(select(func.count()).select_from(quarantine))).scalar_one())
