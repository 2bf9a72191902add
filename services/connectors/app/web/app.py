"""The web application: doors, API and console put together on one service."""

from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import status
from app.api.build import add_api
from app.api.measured import Measured
from app.api.metrics import Metrics
from app.service import Service
from app.web.entra import entra_routes
from app.web.errors import install_errors
from app.web.guard import CrossSiteGuard
from app.web.headers import SecurityHeaders
from app.web.pages import pages

_STATIC = Path(__file__).parent / "static"


def create_app(service: Service, further: APIRouter | None = None) -> FastAPI:
    """Return the application that serves a service; the service stays open as long as it serves.

    further: routes beside those of every installation. Routes are looked for in the order in which they are added: a
    console mounted at / comes last. Raises InvalidInput (invalid_setting, unknown_cloud) for settings of the sign-in
    that cannot be used.
    """
    app = FastAPI(title="AiSOC", version=version("aisoc-connectors"), docs_url=None, redoc_url=None, openapi_url=None)
    app.state.service = service
    app.state.metrics = Metrics(app.version)
    install_errors(app)
    app.include_router(status.router)
    add_api(app)
    app.include_router(pages)
    app.include_router(entra_routes(service))
    if further is not None:
        app.include_router(further)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    # What is added last meets a request first.
    app.add_middleware(Measured, durations=app.state.metrics.durations)
    app.add_middleware(CrossSiteGuard, settings=service.settings)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(WithService, service=service)
    return app


class WithService:
    """Middleware that hands the service to everything within, mounted applications too."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, with the service."""
        scope["aisoc.service"] = self._service  # not in a copy: the answer to an unforeseen error needs it further out
        await self._app(scope, receive, send)
