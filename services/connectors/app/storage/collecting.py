"""Figures of the collection as a whole: whether anybody collects, and what came late."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import polls

# Workers tell the queue every 10 seconds that they are alive, by the database's clock.
_ALIVE = text(
    "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > clock_timestamp() - interval '45 seconds')"
)


async def somebody_collects(connection: AsyncConnection) -> bool:
    """Whether a worker is alive."""
    return bool((await connection.execute(_ALIVE)).scalar_one())


async def late_since(connection: AsyncConnection, since: datetime) -> dict[UUID, int]:
    """Return how many late events each connector's polls recovered that began at a time or later."""
    query = (
        select(polls.c.connector_id, func.sum(polls.c.late_recovered))
        .where(polls.c.started_at >= since, polls.c.late_recovered > 0)
        .group_by(polls.c.connector_id)
    )
    return {connector: int(late) for connector, late in await connection.execute(query)}
