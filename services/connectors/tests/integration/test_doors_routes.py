"""Every route, every role: who may enter is what the route says, and each route says it."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import httpx
import pytest
from doors import browser, person, serving, session_of
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount, Router

from app.console import app as console
from app.console.pages import PAGES
from app.main import open_service
from app.security.roles import Role
from app.web.app import create_app

# The console library's own: its scripts and styles, its socket (each page asks who is there), its icon.
LIBRARY = re.compile(r"/(_nicegui|_nicegui_ws|favicon\.ico)(/|$)")
STATIC = {"/static"}
# What a path's parameters are filled in with: something that is not there.
NOTHING = "00000000-0000-4000-8000-000000000000"


def every_route(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all routes with their paths, those of included routers and mounted applications too."""
    for route in iter_route_contexts(routes):
        path, mounted = prefix + (route.path or ""), route.original_route
        inner = routes_of(mounted.app) if isinstance(mounted, Mount) and path not in STATIC else None
        if inner is not None:
            yield from every_route(inner, path)
        else:
            yield path, route


def routes_of(app: Any) -> list[BaseRoute] | None:
    """Return the routes of an application, looked for through the middleware around it; None: it has none to see."""
    while app is not None and not hasattr(app, "routes"):
        app = getattr(app, "_app", getattr(app, "app", None))
    return getattr(app, "routes", None)


def mark(route: Any) -> Role | str | None:
    """Return the role that a route needs, `public`, or None when it does not say."""
    marks: list[Any] = [getattr(route, "endpoint", None)]
    waiting = [route.dependant] if getattr(route, "dependant", None) else []
    while waiting:
        dependency = waiting.pop()
        marks.append(dependency.call)
        waiting += dependency.dependencies
    roles: list[Role] = [found.role for found in marks if isinstance(getattr(found, "role", None), Role)]
    if roles:
        return max(roles, key=list(Role).index)
    return "public" if any(getattr(found, "public", False) for found in marks) else None


def unmarked(app: Router) -> list[str]:
    return [
        path
        for path, route in every_route(app.routes)
        if mark(route) is None and path not in STATIC and not LIBRARY.match(path)
    ]


def doors(app: Router) -> list[tuple[str, str, Role | str | None]]:
    """Return method, path and mark of each route that is ours."""
    return [
        (method, re.sub(r"{[^}]*}", NOTHING, path), mark(route))
        for path, route in every_route(app.routes)
        if getattr(route, "methods", None) and not LIBRARY.match(path)
        for method in sorted(route.methods)
    ]


async def test_every_route_says_which_role_it_needs(service):
    assert unmarked(create_app(service)) == []


async def test_a_route_that_says_nothing_would_be_found(service):
    app = create_app(service)

    @app.get("/api/v1/forgotten")
    async def forgotten() -> None:
        """Let everybody in by mistake."""

    assert unmarked(app) == ["/api/v1/forgotten"]


@pytest.mark.parametrize("visitor", [None, *Role])
async def test_each_route_lets_in_its_role_and_those_above_and_nobody_else(service, visitor):
    app = create_app(service)
    user = await person(service, "visitor", visitor) if visitor is not None else None
    wrong, walked = [], doors(app)
    assert ("GET", "/api/v1/connectors", Role.VIEWER) in walked
    async with browser(service, app, headers={"origin": "http://localhost"}) as client:
        for method, path, needed in walked:
            cookie = {"cookie": f"aisoc_session={await session_of(service, user)}"} if user else {}
            entered = await client.request(method, path, headers=cookie)
            client.cookies.clear()
            if answered(needed, visitor) != entered_as(entered.status_code, needed):
                wrong.append(f"{method} {path} needs {needed}: {entered.status_code}")
    assert not wrong


def answered(needed: Role | str | None, visitor: Role | None) -> str:
    """Return what a visitor is to meet."""
    if not isinstance(needed, Role):
        return "in"
    if visitor is None:
        return "401"
    return "in" if visitor.covers(needed) else "403"


def entered_as(status: int, needed: Role | str | None) -> str:
    """Return what an answer means: anything but 401 and 403 is beyond the door; a redirect of a page is before it."""
    if not isinstance(needed, Role):
        return "in"
    return str(status) if status in (401, 403) else "in"


async def test_each_page_of_the_console_shows_itself_to_its_role_and_those_above(aisoc, settings):
    for name in console._PAGES:
        import_module(f"app.console.{name}")
    pages = {re.sub(r"{[^}]*}", NOTHING, path): role for path, role in PAGES.items()}
    assert pages["/"] is Role.VIEWER
    async with open_service(settings) as service:
        people = {role: await session_of(service, await person(service, role, role)) for role in Role}
    wrong = []
    with serving(aisoc) as (address, _), httpx.Client(base_url=address, headers={"accept": "text/html"}) as client:
        for path, needed in pages.items():
            if not client.get(path).headers.get("location", "").startswith("/sign-in?next=/"):
                wrong.append(f"{path} lets nobody in")
            for role, session in people.items():
                shown = client.get(path, headers={"cookie": f"aisoc_session={session}"})
                refused = "This page needs the role" in shown.text
                if shown.status_code != (403 if refused else 200) or refused is role.covers(needed):
                    wrong.append(f"{path} needs {needed} and tells a {role} {shown.status_code}")
    assert not wrong
