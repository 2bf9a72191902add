"""The API put together: one application under `/api`, so that all below that path answers alike."""

from typing import Any

from fastapi import APIRouter, FastAPI

from app.api import connectors, history, quarantine, readings, trials
from app.api.boundary import Boundary
from app.api.contract import build_contract
from app.api.problems import answer_problems
from app.web.access import Public

ROUTERS: list[APIRouter] = [connectors.router, trials.router, history.router, readings.router, quarantine.router]


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
        api.include_router(router, prefix="/v1")
    _serve_contract(api)
    app.mount("/api", api)


def _serve_contract(api: FastAPI) -> None:
    """Let `/v1/openapi.json` answer with the contract, built at the first request; everybody may read it."""
    built: list[dict[str, Any]] = []

    @api.get("/v1/openapi.json", dependencies=[Public], include_in_schema=False)
    async def read_contract() -> dict[str, Any]:
        if not built:
            built.append(build_contract(api, ROUTERS))
        return built[0]
