"""The web application: doors, API and console put together on one service."""

from importlib.metadata import version

from fastapi import FastAPI

from app.api.build import add_api
from app.service import Service


def create_app(service: Service) -> FastAPI:
    """Return the application that serves a service; the service stays open as long as it serves."""
    app = FastAPI(title="AiSOC", version=version("aisoc-connectors"), docs_url=None, redoc_url=None, openapi_url=None)
    app.state.service = service
    add_api(app, service)
    return app
