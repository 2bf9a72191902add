"""Quarantine: records that could not be understood, their bytes, and another try."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from app.api import cursors
from app.api.contract import attached, octets
from app.api.cursors import Cursor
from app.api.fields import NAME, Facts, Id, Limit, Page, Time
from app.collection.quarantine import record_facts, retry_quarantine, retry_record
from app.storage.quarantine import Place, list_quarantined, read_quarantined_raw
from app.web.access import Analysing, Viewing

router = APIRouter(tags=["quarantine"])
_Connector = Annotated[str | None, Query(pattern=NAME, description="Only of this connector or ingest name.")]


class Quarantined(BaseModel):
    """A record that could not be understood."""

    id: Id
    connector: str
    source: str
    code: str
    reason: str
    size: int
    stored_at: Time


class Retried(BaseModel):
    """What became of the records: `tried` is the sum of the others."""

    tried: int
    added: int
    duplicate: int
    dropped: int
    kept: int


def _place(stored_at: str, record_id: str) -> Place:
    return Place(datetime.fromisoformat(stored_at), UUID(record_id))


@router.get("/quarantine", response_model=Page[Quarantined])
async def read_quarantine(
    service: Viewing, limit: Limit = 50, cursor: Cursor = None, connector: _Connector = None
) -> Facts:
    """List the records that could not be understood, those that came last first."""
    after = cursors.read(cursor, _place)
    async with service.engine.connect() as connection:
        records = await list_quarantined(connection, limit, after, connector)
    last = records[-1] if len(records) == limit else None
    more = cursors.written(last.stored_at.isoformat(), str(last.id)) if last else None
    return {"items": [record_facts(record) for record in records], "next": more}


@router.get("/quarantine/{record_id:uuid}/raw", response_class=Response, responses=octets("The bytes as received."))
async def read_quarantined(service: Viewing, record_id: UUID) -> Response:
    """Return a record's bytes exactly as they were received."""
    async with service.engine.connect() as connection:
        return attached(await read_quarantined_raw(connection, record_id.hex), f"{record_id}.bin")


@router.post("/quarantine/{record_id:uuid}/retry", response_model=Retried)
async def retry_one(service: Analysing, record_id: UUID) -> Facts:
    """Try a record again; understood, it becomes an event and leaves quarantine."""
    return (await retry_record(service, record_id)).facts()


@router.post("/quarantine/retry", response_model=Retried)
async def retry_all(service: Analysing, connector: _Connector = None) -> Facts:
    """Try all records again, or those of a connector."""
    return (await retry_quarantine(service, connector)).facts()
