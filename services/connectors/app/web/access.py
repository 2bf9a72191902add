"""Who asks: every route names the role that it needs, and gets the service in the asker's hands."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from app.errors import NotSignedIn
from app.security.roles import Actor, Role
from app.security.sessions import find_session
from app.security.tokens import find_token
from app.service import Service
from app.web.cookies import bearer_token, session_cookie


async def find_caller(request: HTTPConnection) -> Actor:
    """Return who asks, by a bearer token or else by a session. Raises NotSignedIn (not_signed_in)."""
    service, ip = service_of(request), address_of_caller(request)
    token = bearer_token(request.headers)
    actor = (
        await find_token(service, token, ip)
        if token is not None
        else await find_actor(service, session_cookie(request, service.settings), ip)
    )
    if actor is None:
        raise NotSignedIn(
            "not_signed_in",
            "Nobody is signed in." if token is None else "The API token is wrong, expired or revoked.",
            "Sign in, or send an API token as a bearer token.",
        )
    return actor


async def find_actor(service: Service, cookie: str | None, ip: str | None) -> Actor | None:
    """Return who is in by a session's cookie, as their rights are now; None when it does not let in (any more).

    For pages that stay open: they ask again before each action.
    """
    return None if not cookie else await find_session(service, cookie, ip)


def service_of(request: HTTPConnection) -> Service:
    """Return the service that a request is for, within mounted applications too."""
    service: Service = request.scope["aisoc.service"]
    return service


def address_of_caller(request: HTTPConnection) -> str | None:
    """Return where a request comes from; the server has looked through the trusted proxies."""
    return request.client.host if request.client else None


def serving(role: Role) -> Callable[[Request], Awaitable[Service]]:
    """Return the dependency of a route that needs a role; a test reads the role of each route from it."""

    async def dependency(request: Request) -> Service:
        caller = await find_caller(request)
        caller.need(role)
        return service_of(request).acting_as(caller)

    dependency.role = role  # type: ignore[attr-defined]
    return dependency


async def _anybody() -> None:
    """Let everybody in."""


_anybody.public = True  # type: ignore[attr-defined]

# The mark of a route that is for everybody; a route with neither a mark nor a role fails a test.
Public = Depends(_anybody)
Viewing = Annotated[Service, Depends(serving(Role.VIEWER))]
Analysing = Annotated[Service, Depends(serving(Role.ANALYST))]
Administering = Annotated[Service, Depends(serving(Role.ADMIN))]
