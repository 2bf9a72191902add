"""What a connector has read: its polls, the time they cover, and how late events came."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api import cursors
from app.api.connector_models import Coverage, Lags, Poll
from app.api.connectors import ONE
from app.api.cursors import Cursor
from app.api.fields import Facts, Limit, Page
from app.collection.facts import coverage_facts, lag_facts, poll_facts
from app.collection.health import read_standing
from app.storage.connectors import need_connector
from app.storage.polls import list_polls
from app.web.access import Viewing

router = APIRouter(tags=["connectors"])


@router.get(f"{ONE}/polls", response_model=Page[Poll])
async def read_polls(
    service: Viewing,
    connector_id: UUID,
    limit: Limit = 50,
    cursor: Cursor = None,
    backfills: Annotated[bool, Query(description="Also the slices of backfills.")] = False,
) -> Facts:
    """List what was read, newest first."""
    before = cursors.read(cursor, cursors.row_number)
    async with service.engine.connect() as connection:
        row = await need_connector(connection, connector_id)
        polls = await list_polls(connection, row.id, limit, before, backfills=backfills)
    more = cursors.written(polls[-1]["id"]) if len(polls) == limit else None
    return {"items": [poll_facts(row, poll) for poll in polls], "next": more}


@router.get(f"{ONE}/coverage", response_model=Coverage)
async def read_coverage(service: Viewing, connector_id: UUID) -> Facts:
    """Return the ledger: which time was read, is settled, is missing, or can never be read; and the health."""
    async with service.engine.connect() as connection:
        row = await need_connector(connection, connector_id)
        standing = await read_standing(connection, row, service.clock.now())
    return {"name": row.name} | coverage_facts(standing)


@router.get(f"{ONE}/lags", response_model=Lags)
async def read_lags(service: Viewing, connector_id: UUID) -> Facts:
    """Return how late the events of the last days became readable, as a histogram; its last bucket is open."""
    async with service.engine.connect() as connection:
        row = await need_connector(connection, connector_id)
        standing = await read_standing(connection, row, service.clock.now())
    return lag_facts(standing.ledger.lags)
