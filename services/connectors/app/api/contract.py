"""The OpenAPI document: what FastAPI knows of the routes, and what each needs and may answer besides."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from app.api.problems import Problem
from app.security.roles import Role
from app.web.problems import MEDIA_TYPE

_REASONS = {
    401: "Nobody is signed in, or no longer.",
    403: "The caller's role does not cover this.",
    404: "What is named does not exist.",
    409: "It does not go with what is there.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not declared as JSON.",
    422: "Something that was sent cannot be used.",
    500: "AiSOC itself has a fault; its log has the reason.",
    503: "Something does not answer now; try again later.",
}
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
    "session": {"type": "apiKey", "in": "cookie", "name": "aisoc_session", "description": "The console's session."},
}
_BYTES = {"type": "string", "format": "binary"}
_TAGS = {
    "connectors": "What is collected: types, configuration, tests, polls, coverage.",
    "readings": "Polls, sweeps, audits and backfills on demand.",
    "events": "What was collected.",
    "searches": "Searches that you saved.",
    "alerts": "What rules found, and what people did with it.",
    "rules": "What is watched for, and hunts with it in the past.",
    "quarantine": "Records that could not be understood.",
    "users": "Who may come in, and who you are.",
    "tokens": "What lets programs in.",
    "audit": "Who changed what.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may answer with these errors, beside those that every route may."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _REASONS[status], "content": content} for status in statuses}


def octets(description: str) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that answers with bytes."""
    return {200: {"description": description, "content": {"application/octet-stream": {"schema": _BYTES}}}}


def attached(content: bytes, name: str) -> Response:
    """Return bytes to be saved and never shown: they come from strangers."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="application/octet-stream", headers=headers)


def role_of(route: APIRoute) -> Role | None:
    """Return the role that a route needs; None where anybody may ask."""
    roles = [role for one in route.dependant.dependencies if (role := getattr(one.call, "role", None))]
    return roles[0] if roles else None


def routes_of(router: APIRouter | FastAPI) -> Iterator[APIRoute]:
    """Yield the routes of an application."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route


def build_contract(app: FastAPI, routers: list[APIRouter]) -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    document = get_openapi(
        title="AiSOC",
        version=app.version,
        description="Every error is a problem (RFC 9457) whose `code` docs/errors.md explains.",
        routes=app.routes,
        servers=[{"url": "/api/v1"}],
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    parts = document.setdefault("components", {})
    parts["securitySchemes"] = _SCHEMES
    schemas = parts.setdefault("schemas", {})
    schemas.update(_problem_schemas())
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for router in routers:
        for route in routes_of(router):
            for method in route.methods or ():
                _complete(document["paths"][route.path_format][method.lower()], route)
    return document


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    """Say what a route needs, and add the errors that all of its kind may answer with."""
    role, statuses = role_of(route), {500, 503}
    if role is not None:
        statuses |= {401, 403}
        operation["x-role"] = role.value
        operation["security"] = [{name: []} for name in _SCHEMES]
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds the role {role}.".strip()
    else:
        operation["security"] = []
    if "requestBody" in operation:
        statuses |= {413, 415, 422}
    if operation.get("parameters"):
        statuses |= {404} if any(one["in"] == "path" for one in operation["parameters"]) else set()
        statuses |= {422} if any(one["in"] == "query" for one in operation["parameters"]) else set()
    answers = operation["responses"]
    if 422 not in statuses and not _explicit(answers.get("422")):
        answers.pop("422", None)
    for status, response in problems(*sorted(statuses)).items():
        if not _explicit(answers.get(str(status))):
            answers[str(status)] = response


def _explicit(response: dict[str, Any] | None) -> bool:
    """Whether the route itself describes this answer; FastAPI's own description of errors is not what is answered."""
    return response is not None and MEDIA_TYPE in response.get("content", {})


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), "Problem": schema}
