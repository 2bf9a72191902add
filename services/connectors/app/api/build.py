"""The API put together: one application under `/api`, so that all below that path answers alike."""

from fastapi import APIRouter, FastAPI

from app.api import connectors
from app.api.boundary import Boundary
from app.api.contract import build_contract
from app.api.problems import answer_problems
from app.service import Service

ROUTERS: list[APIRouter] = [connectors.router]


def add_api(app: FastAPI, service: Service) -> None:
    """Mount the API on the web application."""
    api = FastAPI(
        title=app.title,
        version=app.version,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    api.state = app.state
    answer_problems(api, service)
    api.add_middleware(Boundary, service=service)
    for router in ROUTERS:
        api.include_router(router, prefix="/v1")
    _serve_contract(api)
    app.mount("/api", api)


def _serve_contract(api: FastAPI) -> None:
    """Let `/v1/openapi.json` answer with the whole contract, built at the first request."""

    def contract() -> dict[str, object]:
        api.openapi_schema = api.openapi_schema or build_contract(api, ROUTERS)
        return api.openapi_schema

    api.openapi = contract  # type: ignore[method-assign]
