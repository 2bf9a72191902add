"""Hunts: what a rule would have found in the stored history."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.contract import problems
from app.api.fields import Facts, Items, Limit
from app.api.rule_models import Hunt, NewHunt
from app.api.rules import ONE as ONE_RULE
from app.clock import iso
from app.detection.hunts import list_hunts, read_hunt, request_hunt, stop_hunt
from app.storage.hunts import HuntRow
from app.web.access import Analysing, Viewing

router = APIRouter(tags=["rules"])
ONE = "/hunts/{hunt_id:uuid}"


@router.post(f"{ONE_RULE}/hunts", status_code=202, response_model=Hunt, responses=problems(409))
async def create_hunt(service: Analysing, rule_id: UUID, body: NewHunt, response: Response) -> Facts:
    """Ask for a hunt; a worker begins it within seconds. One of a rule is open at a time."""
    hunt = await request_hunt(service, str(rule_id), body.since, body.until, make_alerts=body.make_alerts)
    response.headers["Location"] = f"/api/v1/hunts/{hunt.id}"
    return hunt_facts(hunt)


@router.get("/hunts", response_model=Items[Hunt])
async def read_hunts(
    service: Viewing, limit: Limit = 50, rule: Annotated[UUID | None, Query(description="Only of this rule.")] = None
) -> Facts:
    """List the hunts, those asked for last first; what each found is told by itself."""
    hunts = await list_hunts(service, None if rule is None else str(rule), limit)
    return {"items": [_briefly(hunt) for hunt in hunts]}


@router.get(ONE, response_model=Hunt)
async def read_one_hunt(service: Viewing, hunt_id: UUID) -> Facts:
    """Return a hunt with its progress, and the first events that it found."""
    return hunt_facts(await read_hunt(service, hunt_id))


@router.post(f"{ONE}/stop", response_model=Hunt)
async def end_hunt(service: Analysing, hunt_id: UUID) -> Facts:
    """Stop a hunt; what it has found so far stays. One that has ended is left as it is."""
    return hunt_facts(await stop_hunt(service, hunt_id))


def _briefly(hunt: HuntRow) -> Facts:
    """Return a hunt without the ids of what it found, of which there may be a thousand."""
    facts = hunt_facts(hunt)
    progress = facts["progress"] or {}
    return facts | {"progress": {name: value for name, value in progress.items() if name != "event_ids"} or None}


def hunt_facts(hunt: HuntRow) -> Facts:
    """Return a hunt as JSON-ready facts."""
    facts = {name: iso(value) if isinstance(value, datetime) else value for name, value in vars(hunt).items()}
    return facts | {"id": str(hunt.id)}
