"""Users, and what the caller is: role, sessions."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.contract import problems
from app.api.fields import Body, Facts, Id, Items, Time
from app.security.facts import session_facts, user_facts
from app.security.links import make_password_link
from app.security.roles import Role
from app.security.sessions import end_own_session, list_own_sessions
from app.security.users import add_user, change_role, list_users, remove_user, switch_user
from app.service import Service
from app.storage.users import UserRow, get_user
from app.web.access import Administering, Viewing

router = APIRouter(tags=["users"])
ONE = "/users/{user_id:uuid}"
_role = Field(description="viewer, analyst or admin; each may do all that the one before may.")


class User(BaseModel):
    """A user."""

    id: Id
    name: str
    role: Role = _role
    enabled: bool
    signs_in_with: Literal["password", "entra", "nothing yet"]
    created_at: Time
    last_seen_at: Time | None


class NewUser(Body):
    """A user to add; they choose their password by a password link."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["alice@contoso.com"])]
    role: Role = _role


class NewRole(Body):
    """A role to give."""

    role: Role = _role


class PasswordLink(BaseModel):
    """A one-time link with which a user chooses a password."""

    path: str = Field(description="Its path on this server; it is not told again.", examples=["/password?link=…"])


class Me(BaseModel):
    """Who asks."""

    name: str
    role: Role = _role
    via: Literal["console", "api"]
    user_id: Id | None


class Session(BaseModel):
    """A session of a browser."""

    id: Id
    created_at: Time
    seen_at: Time
    expires_at: Time
    ip: str | None
    agent: str | None


@router.get("/me", response_model=Me)
async def read_me(service: Viewing) -> Facts:
    """Return who you are and what you may."""
    actor = service.actor
    return {"name": actor.name, "role": actor.role, "via": actor.via, "user_id": actor.user_id and str(actor.user_id)}


@router.get("/me/sessions", response_model=Items[Session])
async def read_sessions(service: Viewing) -> Facts:
    """List your sessions, the latest first."""
    return {"items": [session_facts(session) for session in await list_own_sessions(service)]}


@router.delete("/me/sessions/{session_id:uuid}", status_code=204, response_class=Response)
async def delete_session(service: Viewing, session_id: UUID) -> None:
    """End one of your sessions."""
    await end_own_session(service, session_id)


@router.get("/users", response_model=Items[User])
async def read_users(service: Administering) -> Facts:
    """List the users by name."""
    return {"items": [user_facts(user) for user in await list_users(service)]}


@router.post("/users", status_code=201, response_model=User, responses=problems(409))
async def create_user(service: Administering, body: NewUser, response: Response) -> Facts:
    """Add a user. They can sign in once they have chosen a password by a password link."""
    user = await add_user(service, body.name, body.role)
    response.headers["Location"] = f"/api/v1/users/{user.id}"
    return user_facts(user)


@router.get(ONE, response_model=User)
async def read_user(service: Administering, user_id: UUID) -> Facts:
    """Return a user."""
    return user_facts(await _found(service, user_id))


@router.patch(ONE, response_model=User, responses=problems(409))
async def change_user(service: Administering, user_id: UUID, body: NewRole) -> Facts:
    """Give a user another role; their sessions end. The last enabled admin stays one."""
    return user_facts(await change_role(service, user_id, body.role))


@router.post(f"{ONE}/enable", response_model=User)
async def enable_user(service: Administering, user_id: UUID) -> Facts:
    """Let a user in again."""
    return user_facts(await switch_user(service, user_id, enabled=True))


@router.post(f"{ONE}/disable", response_model=User, responses=problems(409))
async def disable_user(service: Administering, user_id: UUID) -> Facts:
    """Let a user in no longer: their sessions end and their tokens stop."""
    return user_facts(await switch_user(service, user_id, enabled=False))


@router.delete(ONE, status_code=204, response_class=Response, responses=problems(409))
async def delete_user(service: Administering, user_id: UUID) -> None:
    """Remove a user with their sessions, tokens and saved searches."""
    await remove_user(service, user_id)


@router.post(f"{ONE}/password-link", status_code=201, response_model=PasswordLink, responses=problems(409))
async def create_password_link(service: Administering, user_id: UUID) -> Facts:
    """Make a one-time link with which a user chooses a password; their former links end. It is told this once."""
    return {"path": f"/password?link={await make_password_link(service, user_id)}"}


async def _found(service: Service, user_id: UUID) -> UserRow:
    async with service.engine.connect() as connection:
        return await get_user(connection, user_id)
