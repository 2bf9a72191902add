"""Who asks: every route names the role that it needs, and gets the service in the asker's hands."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from app.errors import NotSignedIn
from app.security.roles import Actor, Role
from app.service import Service


async def find_caller(request: Request) -> Actor:  # noqa: ARG001
    """Return who asks, by session or token. Raises NotSignedIn (not_signed_in)."""
    raise NotSignedIn("not_signed_in", "Nobody is signed in.", "Sign in, or send an API token as a bearer token.")


def serving(role: Role) -> Callable[[Request], Awaitable[Service]]:
    """Return the dependency of a route that needs a role; a test reads the role of each route from it."""

    async def dependency(request: Request) -> Service:
        caller = await find_caller(request)
        caller.need(role)
        service: Service = request.app.state.service
        return service.acting_as(caller)

    dependency.role = role  # type: ignore[attr-defined]
    return dependency


Viewing = Annotated[Service, Depends(serving(Role.VIEWER))]
Analysing = Annotated[Service, Depends(serving(Role.ANALYST))]
Administering = Annotated[Service, Depends(serving(Role.ADMIN))]
