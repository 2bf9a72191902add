"""The caller's own saved searches."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.contract import problems
from app.api.fields import Body, Facts, Id, Items, Time
from app.search.language import LONGEST
from app.search.saved import list_searches, remove_search, save_search, search_facts
from app.web.access import Viewing

router = APIRouter(tags=["searches"])


class NewSearch(Body):
    """A search to save."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Role changes"])]
    search: Annotated[str, Field(max_length=LONGEST, examples=["operation:roleassignments severity>=medium"])]


class SavedSearch(BaseModel):
    """A saved search."""

    id: Id
    name: str
    search: str
    created_at: Time


@router.get("/searches", response_model=Items[SavedSearch])
async def read_searches(service: Viewing) -> Facts:
    """List your saved searches by name."""
    return {"items": [search_facts(search) for search in await list_searches(service)]}


@router.post("/searches", status_code=201, response_model=SavedSearch, responses=problems(409))
async def create_search(service: Viewing, body: NewSearch) -> Facts:
    """Save a search."""
    return search_facts(await save_search(service, body.name, body.search))


@router.delete("/searches/{search_id:uuid}", status_code=204, response_class=Response)
async def delete_search(service: Viewing, search_id: UUID) -> None:
    """Remove a saved search."""
    await remove_search(service, search_id)
