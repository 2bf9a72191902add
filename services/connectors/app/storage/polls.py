"""Queries on the history of polls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.windows import LIVE_TIERS, Reads, Tier
from app.storage.tables import polls


@dataclass(frozen=True)
class Failures:
    """Failed polls in a row: how many since the last complete one, since when, and the last one's error."""

    count: int = 0
    since: datetime | None = None
    last: dict[str, Any] | None = None


@dataclass(frozen=True)
class Latest:
    """What a history tells since the last complete poll.

    ahead: how far the source's clock was ahead of the worker's at that poll, never less than nothing: a poll's window
    ends at its beginning on the source's clock, and the history has that beginning on the worker's.
    """

    failures: Failures = Failures()
    ahead: timedelta = timedelta()


# Each connector's last complete live poll is found at the end of its index, and the failures are those after it.
_LATEST = text(
    """
    SELECT asked.id, complete.ahead, failed.number AS failed, failed.since, failed.last
    FROM unnest(CAST(:connectors AS uuid[])) AS asked (id)
    LEFT JOIN LATERAL (
        SELECT id, window_until - started_at AS ahead FROM polls
        WHERE connector_id = asked.id AND tier <> 'backfill' AND finished_at IS NOT NULL AND error IS NULL
        ORDER BY id DESC LIMIT 1
    ) AS complete ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, (array_agg(started_at ORDER BY id))[1] AS since,
            (array_agg(error ORDER BY id DESC))[1] AS last
        FROM polls
        WHERE connector_id = asked.id AND id > coalesce(complete.id, 0) AND tier <> 'backfill'
            AND finished_at IS NOT NULL AND error ->> 'code' <> 'interrupted'
    ) AS failed
    """
)


async def close_interrupted(
    connection: AsyncConnection, connector_id: UUID, tiers: Sequence[Tier], now: datetime, facts: dict[str, Any]
) -> None:
    """Close the open rows of some tiers with an error: their processes were killed.

    To be called with the lock held under which these tiers read, so that no reading that goes on is meant.
    """
    await connection.execute(
        update(polls)
        .where(polls.c.connector_id == connector_id, polls.c.tier.in_(tiers), polls.c.finished_at.is_(None))
        .values(finished_at=now, error=facts)
    )


async def start_poll(
    connection: AsyncConnection, connector_id: UUID, stream: str, tier: Tier, started_at: datetime
) -> int:
    """Open a row of history and return its id."""
    row = insert(polls).values(connector_id=connector_id, stream=stream, tier=tier, started_at=started_at)
    return int((await connection.execute(row.returning(polls.c.id))).scalar_one())


async def finish_poll(connection: AsyncConnection, poll_id: int, facts: Mapping[str, Any]) -> None:
    """Write what a poll did into its row."""
    await connection.execute(update(polls).where(polls.c.id == poll_id).values(**facts))


async def complete_reads(connection: AsyncConnection, connector_id: UUID, stream: str) -> Reads:
    """Return when a stream's windows were read completely, by tier; each is found at an end of the history."""
    complete = (
        (polls.c.connector_id == connector_id)
        & (polls.c.stream == stream)
        & polls.c.finished_at.is_not(None)
        & polls.c.error.is_(None)
    )

    def one(order: ColumnElement[int], *tiers: Tier) -> ScalarSelect[datetime | None]:
        query = select(polls.c.window_until).where(complete, polls.c.tier.in_(tiers))
        return query.order_by(order).limit(1).scalar_subquery()

    last = polls.c.id.desc()
    query = select(one(polls.c.id.asc(), *LIVE_TIERS), one(last, "sweep"), one(last, "audit"))
    return Reads(*(await connection.execute(query)).one())


async def failures_since_complete(connection: AsyncConnection, connector_id: UUID) -> Failures:
    """Return the failed polls since the last complete one; those that were only interrupted are no failures."""
    return (await read_latest(connection, [connector_id]))[connector_id].failures


async def read_latest(connection: AsyncConnection, connectors: Sequence[UUID]) -> dict[UUID, Latest]:
    """Return what connectors' histories tell since their last complete polls."""
    rows = await connection.execute(_LATEST, {"connectors": list(connectors)})
    return {
        row.id: Latest(Failures(row.failed, row.since, row.last), max(timedelta(), row.ahead or timedelta()))
        for row in rows
    }


async def list_polls(
    connection: AsyncConnection, connector_id: UUID, limit: int, before: int | None = None, *, backfills: bool = False
) -> list[dict[str, Any]]:
    """Return polls of a connector, newest first. before: only those with a smaller id; backfills: their slices too."""
    query = select(polls).where(polls.c.connector_id == connector_id).order_by(polls.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(polls.c.id < before)
    if not backfills:
        query = query.where(polls.c.tier != "backfill")
    return [row._asdict() for row in await connection.execute(query)]


async def last_poll_by_connector(connection: AsyncConnection) -> dict[UUID, dict[str, Any]]:
    """Return the last finished poll of each connector, backfills left out."""
    query = (
        select(polls)
        .ext(distinct_on(polls.c.connector_id))
        .where(polls.c.finished_at.is_not(None), polls.c.tier != "backfill")
        .order_by(polls.c.connector_id, polls.c.id.desc())
    )
    return {row.connector_id: row._asdict() for row in await connection.execute(query)}


async def total_polls(connection: AsyncConnection, connector_id: UUID) -> dict[str, int]:
    """Return the sums of a connector's history: windows read completely, failed polls, events added and late ones."""
    complete = polls.c.finished_at.is_not(None) & polls.c.error.is_(None)
    query = select(
        func.count().filter(complete).label("windows_read"),
        func.count().filter(polls.c.error.is_not(None)).label("polls_failed"),
        func.coalesce(func.sum(polls.c.events_added), 0).label("events_added"),
        func.coalesce(func.sum(polls.c.late_recovered), 0).label("late_recovered"),
    ).where(polls.c.connector_id == connector_id)
    return {name: int(value) for name, value in (await connection.execute(query)).one()._asdict().items()}
