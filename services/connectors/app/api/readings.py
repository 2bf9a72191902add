"""Readings on demand: a poll, sweep, audit or backfill that a worker runs, and how far it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.connectors import ONE, found
from app.api.contract import problems
from app.api.fields import Body, Facts, Fault, Id, Items, Limit, Moment, Time
from app.clock import iso
from app.collection.readings import request_reading, stop_reading
from app.storage.connectors import need_connector
from app.storage.readings import Kind, ReadingRow, State, find_reading, list_readings
from app.web.access import Analysing, Viewing

router = APIRouter(tags=["readings"])


class NewReading(Body):
    """What to read."""

    kind: Kind
    since: Moment | None = Field(
        None, description="From when on: for an audit (a day unless given) and a backfill (all that the source keeps)."
    )


class Reading(BaseModel):
    """A poll, sweep, audit or backfill that somebody asked for."""

    id: Id
    connector_id: Id
    kind: Kind
    since: Time | None
    state: State
    requested_by: str
    requested_at: Time
    started_at: Time | None
    finished_at: Time | None
    progress: dict[str, Any] | None = Field(
        description="What the command line prints of a poll or a backfill, so far; written every second."
    )
    error: Fault | None


@router.post(f"{ONE}/readings", status_code=202, response_model=Reading, responses=problems(409))
async def create_reading(service: Analysing, connector_id: UUID, body: NewReading, response: Response) -> Facts:
    """Ask for a reading; a worker begins it within seconds. One of a kind is open at a time."""
    reading = await request_reading(service, await found(service, connector_id), body.kind, body.since)
    response.headers["Location"] = f"/api/v1/readings/{reading.id}"
    return reading_facts(reading)


@router.get(f"{ONE}/readings", response_model=Items[Reading])
async def read_readings(service: Viewing, connector_id: UUID, limit: Limit = 50) -> Facts:
    """List a connector's readings, those asked for last first."""
    async with service.engine.connect() as connection:
        row = await need_connector(connection, connector_id)
        readings = await list_readings(connection, row.id, limit)
    return {"items": [reading_facts(reading) for reading in readings]}


@router.get("/readings/{reading_id:uuid}", response_model=Reading)
async def read_reading(service: Viewing, reading_id: UUID) -> Facts:
    """Return a reading with its progress."""
    async with service.engine.connect() as connection:
        return reading_facts(await find_reading(connection, reading_id))


@router.delete("/readings/{reading_id:uuid}", status_code=202, response_model=Reading)
async def end_reading(service: Analysing, reading_id: UUID) -> Facts:
    """Stop a reading; what it has read so far stays and counts. One that has ended is left as it is."""
    async with service.engine.connect() as connection:
        reading = await find_reading(connection, reading_id)
    await stop_reading(service, reading)
    async with service.engine.connect() as connection:
        return reading_facts(await find_reading(connection, reading_id))


def reading_facts(reading: ReadingRow) -> Facts:
    """Return a reading as JSON-ready facts."""
    facts = {name: iso(value) if isinstance(value, datetime) else value for name, value in vars(reading).items()}
    return facts | {"id": str(reading.id), "connector_id": str(reading.connector_id)}
