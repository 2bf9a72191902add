"""Suppressions: what nobody needs to look at for a time, and why."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.api.alert_models import NewSuppression, Suppression
from app.api.fields import Facts, Items, Limit
from app.detection.alert_facts import suppression_facts
from app.detection.suppressing import Wish, list_suppressions, suppress, unsuppress
from app.web.access import Analysing, Viewing

router = APIRouter(tags=["alerts"])


@router.get("/suppressions", response_model=Items[Suppression])
async def read_suppressions(
    service: Viewing,
    limit: Limit = 200,
    active: Annotated[
        bool | None, Query(description="Only those that hold new alerts back (true), or only the past (false).")
    ] = None,
) -> Facts:
    """List the suppressions, those made last first, each with how many alerts it holds back."""
    return {"items": [suppression_facts(row) for row in await list_suppressions(service, limit, active=active)]}


@router.post("/suppressions", status_code=201, response_model=Suppression)
async def create_suppression(service: Analysing, body: NewSuppression) -> Facts:
    """Hold back alerts of a rule, about an entity, or both: open ones, and those to come until a time."""
    return suppression_facts(await suppress(service, Wish(**dict(body))))


@router.delete("/suppressions/{suppression_id:uuid}", status_code=204, response_class=Response)
async def delete_suppression(service: Analysing, suppression_id: UUID) -> None:
    """Remove a suppression; what it held back is in the queue again. It stays in the list."""
    await unsuppress(service, suppression_id)
