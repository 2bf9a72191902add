"""The API put together: an application of its own, so that all below `/api` answers alike."""

from typing import Any

from fastapi import APIRouter, FastAPI

from app.api import (
    audit,
    connectors,
    events,
    history,
    quarantine,
    readings,
    searches,
    tokens,
    trials,
    users,
)
from app.api.boundary import Boundary
from app.api.contract import build_contract
from app.api.problems import answer_problems
from app.web.access import Public

ROUTERS: list[APIRouter] = [
    part.router for part in (connectors, trials, history, readings, events, searches, quarantine, users, tokens, audit)
]


def add_api(app: FastAPI) -> None:
    """Mount the API on the web application."""
    api = _application(app)
    for router in ROUTERS:
        api.include_router(router)
    _serve_contract(api)
    app.mount("/api/v1", api)
    app.mount("/api", _application(app))


def _application(app: FastAPI) -> FastAPI:
    """Return an application that knows no path yet and answers every error with a problem."""
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
    return api


def _serve_contract(api: FastAPI) -> None:
    """Let `openapi.json` answer with the contract, built at the first request; everybody may read it."""
    built: list[dict[str, Any]] = []

    @api.get("/openapi.json", dependencies=[Public], include_in_schema=False)
    async def read_contract() -> dict[str, Any]:
        if not built:
            built.append(build_contract(api, ROUTERS))
        return built[0]
