"""The audit log: who changed what, when, from where."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api import cursors
from app.api.cursors import Cursor
from app.api.fields import Facts, Limit, Page, Time
from app.clock import iso
from app.storage.audit import list_changes
from app.web.access import Administering

router = APIRouter(tags=["audit"])


class Change(BaseModel):
    """An entry."""

    id: int
    at: Time
    actor: str
    via: str
    ip: str | None
    action: str = Field(examples=["connector.add"])
    target: str
    facts: dict[str, Any]


@router.get("/audit", response_model=Page[Change])
async def read_audit(
    service: Administering,
    limit: Limit = 50,
    cursor: Cursor = None,
    action: Annotated[
        str | None,
        Query(pattern="^[a-z_]{1,40}([.][a-z_]{1,40})?$", description="An action, or a group as `connector`."),
    ] = None,
) -> Facts:
    """List the changes, the latest first."""
    before = cursors.read(cursor, cursors.row_number)
    async with service.engine.connect() as connection:
        changes = await list_changes(connection, limit, before, action)
    more = cursors.written(changes[-1]["id"]) if len(changes) == limit else None
    return {"items": [change | {"at": iso(change["at"])} for change in changes], "next": more}
