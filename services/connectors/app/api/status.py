"""Whether the service lives, is ready, and how it does: for supervisors, load balancers and Prometheus."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from app.api.metrics import Metrics
from app.service import Service
from app.storage.database import newest_version, schema_version
from app.web.access import Public, Viewing, service_of

router = APIRouter(include_in_schema=False)
_READY_SECONDS = 5


@router.get("/healthz", dependencies=[Public])
async def read_health() -> dict[str, str]:
    """Say that the process lives and answers."""
    return {"status": "ok"}


@router.get("/readyz", dependencies=[Public])
async def read_readiness(request: Request) -> Response:
    """Say whether the database answers with the schema of this version; 503 where not. Why is for the log."""
    ready = await _is_ready(service_of(request))
    return JSONResponse({"status": "ready" if ready else "not ready"}, 200 if ready else 503)


@router.get("/metrics")
async def read_metrics(request: Request, service: Viewing) -> Response:
    """Tell all metrics in Prometheus' text format."""
    metrics: Metrics = request.app.state.metrics
    return Response(await metrics.written(service), media_type=CONTENT_TYPE_LATEST)


async def _is_ready(service: Service) -> bool:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            return await schema_version(service.engine) == newest_version()
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
