"""The API put together: an application of its own, so that all below `/api` answers alike."""

from typing import Any

from fastapi import APIRouter, FastAPI

from app.api import (
    alerts,
    audit,
    connectors,
    events,
    history,
    hunts,
    keys,
    quarantine,
    readings,
    rules,
    searches,
    suppressions,
    tokens,
    trials,
    users,
)
from app.api.boundary import Boundary
from app.api.contract import build_contract, routes_of
from app.api.problems import answer_problems, unknown_path
from app.web.access import Public

ROUTERS: list[APIRouter] = [
    part.router
    for part in (
        *(connectors, trials, history, readings, events, searches, quarantine),
        *(alerts, suppressions, rules, hunts),
        *(users, tokens, audit, keys),
    )
]

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def add_api(app: FastAPI) -> None:
    """Mount the API on the web application."""
    api = FastAPI(
        title=app.title,
        version=app.version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    answer_problems(api)
    api.add_middleware(Boundary)
    for router in ROUTERS:
        api.include_router(router)
    api.state.routes = [route for router in ROUTERS for route in routes_of(router)]
    _serve_contract(api)
    app.mount("/api/v1", api)
    app.add_api_route(
        "/api/{path:path}", _nothing, methods=list(_METHODS), dependencies=[Public], include_in_schema=False
    )


async def _nothing(path: str) -> None:  # noqa: ARG001 - the framework names it
    """Answer for what is below `/api` and of no version that there is."""
    raise unknown_path()


def _serve_contract(api: FastAPI) -> None:
    """Let `openapi.json` answer with the contract, built at the first request; everybody may read it."""
    built: list[dict[str, Any]] = []

    @api.get("/openapi.json", dependencies=[Public], include_in_schema=False)
    async def read_contract() -> dict[str, Any]:
        if not built:
            built.append(build_contract(api, ROUTERS))
        return built[0]
