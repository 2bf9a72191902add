"""How a page of the console is declared: its path, its title and the role that it needs."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from app.console.frame import frame
from app.console.parts import empty
from app.console.view import View, sign_in_path
from app.errors import NotSignedIn
from app.security.roles import Role
from app.web.access import find_caller

Build = Callable[..., Awaitable[None]]
_BUILD_SECONDS = 20.0

# The role that each page needs, by its path; a test walks them.
PAGES: dict[str, Role] = {}


def page(path: str, title: str, role: Role = Role.VIEWER) -> Callable[[Build], Build]:
    """Declare a page: the function gets its View, and the parameters of path and query that it names."""

    def declare(build: Build) -> Build:
        async def opened(request: Request, **given: Any) -> Response | None:
            try:
                caller = await find_caller(request)
            except NotSignedIn:
                return RedirectResponse(sign_in_path(request), 303)
            view = View(request, caller)
            ui.on_exception(view.tell)
            with frame(view):
                if view.may(role):
                    await build(view, **given)
                else:
                    ui.context.client.status_code = 403
                    empty("lock", f"This page needs the role {role}", f"You are signed in as a {caller.role}.")
            return None

        opened.__signature__ = _signature(build)  # type: ignore[attr-defined] # what FastAPI reads the parameters from
        PAGES[path] = role
        ui.page(path, title=f"{title} · AiSOC", response_timeout=_BUILD_SECONDS)(opened)
        return build

    return declare


def _signature(build: Build) -> inspect.Signature:
    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
    given = [parameter for parameter in inspect.signature(build).parameters.values() if parameter.name != "view"]
    return inspect.Signature([request, *given])
