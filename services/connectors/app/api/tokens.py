"""API tokens: made, listed without their secrets, revoked."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.api.contract import problems
from app.api.fields import Body, Facts, Id, Items, Time
from app.security.facts import token_facts
from app.security.roles import Role
from app.security.tokens import DEFAULT_DAYS, MOST_DAYS, create_token, list_tokens, revoke_token
from app.web.access import Viewing

router = APIRouter(tags=["tokens"])


class Token(BaseModel):
    """An API token, without its secret."""

    id: Id
    user: str
    name: str
    role: Role = Field(description="What it may do now: no more than its owner may.")
    created_at: Time
    expires_at: Time
    used_at: Time | None


class MadeToken(Token):
    """A token that was just made."""

    secret: str = Field(description="What to send as a bearer token; it is not told again.")


class NewToken(Body):
    """A token to make."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["nightly report"])]
    role: Role = Role.VIEWER
    days: Annotated[int, Field(ge=1, le=MOST_DAYS, description="How long it lets in.")] = DEFAULT_DAYS
    user_id: UUID | None = Field(None, description="Whose it is to be; another's only by an admin.")


@router.get("/tokens", response_model=Items[Token])
async def read_tokens(
    service: Viewing, everybodys: Annotated[bool, Query(description="Everybody's; for admins.")] = False
) -> Facts:
    """List your tokens, expired ones too."""
    return {"items": [token_facts(token) for token in await list_tokens(service, everybodys=everybodys)]}


@router.post("/tokens", status_code=201, response_model=MadeToken, responses=problems(404, 409))
async def create_new_token(service: Viewing, body: NewToken) -> Facts:
    """Make a token; its secret is told this once. A token makes others only where it is an admin's."""
    token, secret = await create_token(service, body.name, body.role, days=body.days, user_id=body.user_id)
    return token_facts(token) | {"secret": secret}


@router.delete("/tokens/{token_id:uuid}", status_code=204, response_class=Response)
async def delete_token(service: Viewing, token_id: UUID) -> None:
    """Revoke a token of yours, or anybody's as an admin; it stops at once."""
    await revoke_token(service, token_id)
