"""Every error of the API as a problem (RFC 9457): what happened, what to do, and a code that is explained."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app.errors import Abort, AisocError, Conflict, Denied, InvalidInput, NotFound, NotSignedIn, Retry
from app.log import get_logger
from app.service import Service
from app.storage.database import database_problem

MEDIA_TYPE = "application/problem+json"
_log = get_logger(__name__)

# The first that fits says the status; codes before classes.
_BY_CODE = {
    "method_not_allowed": 405,
    "body_too_large": 413,
    "body_not_json": 415,
    "too_many_attempts": 429,
    "unknown_host": 421,
}
_BY_CLASS: tuple[tuple[type[AisocError], int], ...] = (
    (NotSignedIn, 401),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidInput, 422),
    (Retry, 503),
)
# What is wrong here and not with what was asked for: the source's refusals (422) are the caller's to mend.
_OUR_OWN = frozenset({
    "database_newer", "database_refused", "database_too_old", "keyring_missing", "keyring_not_private",
    "keyring_unreadable", "secret_unreadable", "unforeseen_error",
})  # fmt: skip


class WrongField(BaseModel):
    """A field that cannot be used."""

    field: str = Field(description="Where it is, as `body.config` or `query.limit`.", examples=["query.limit"])
    message: str = Field(description="What is wrong with it; never its value.", examples=["should be at most 1000"])


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="`urn:aisoc:error:` and the code.", examples=["urn:aisoc:error:name_taken"])
    title: str = Field(description="The code in words.", examples=["Name taken"])
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(description="What happened, to what.", examples=["There is already a connector named 'prod'."])
    code: str = Field(description="A stable name; docs/errors.md explains each.", examples=["name_taken"])
    remedy: str = Field(description="What to do.", examples=["Choose another name."])
    errors: list[WrongField] | None = Field(None, description="The fields that cannot be used.")
    position: int | None = Field(None, description="The place of a mistake in a search, from 0.", examples=[17])


def status_of(error: AisocError) -> int:
    """Return the HTTP status that an error is told with."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    for kind, status in _BY_CLASS:
        if isinstance(error, kind):
            return status
    return 500 if error.code in _OUR_OWN or not isinstance(error, Abort) else 422


def problem_of(error: AisocError, wrong: Sequence[WrongField] | None = None) -> Problem:
    """Return an error as the API tells it."""
    return Problem(
        type=f"urn:aisoc:error:{error.code}",
        title=error.code.replace("_", " ").capitalize(),
        status=status_of(error),
        detail=error.message,
        code=error.code,
        remedy=error.remedy,
        errors=list(wrong) if wrong else None,
        position=getattr(error, "position", None),
    )


def answer(
    error: AisocError, now: datetime, wrong: Sequence[WrongField] | None = None, extra: Mapping[str, str] | None = None
) -> Response:
    """Return an error as an answer, with the headers that its status asks for."""
    problem = problem_of(error, wrong)
    headers = {"Cache-Control": "no-store", **(extra or {}), **headers_of(error, now)}
    body = msgspec.json.encode(problem.model_dump(exclude_none=True))
    return Response(body, problem.status, headers, MEDIA_TYPE)


def headers_of(error: AisocError, now: datetime) -> dict[str, str]:
    """Return the headers that an error's status asks for: how to sign in, when to try again."""
    headers = {"WWW-Authenticate": 'Bearer realm="AiSOC"'} if status_of(error) == 401 else {}
    if (after := getattr(error, "after", None)) is not None:
        headers["Retry-After"] = str(max(1, ceil((after - now).total_seconds())))
    return headers


def unforeseen() -> AisocError:
    """Return what is told of an error that AiSOC does not know: nothing but that; the log has the rest."""
    return Abort(
        "unforeseen_error",
        "AiSOC met an error that it does not know.",
        "The log has its traceback: please report it.",
    )


def answer_problems(app: FastAPI, service: Service) -> None:
    """Let an application answer every error that it foresees with a problem."""

    def tell(error: AisocError, **parts: Any) -> Response:
        if status_of(error) >= 500:
            _log.error("request_failed", code=error.code, reason=error.message)
        return answer(error, service.clock.now(), **parts)

    @app.exception_handler(AisocError)
    async def ours(_request: Request, error: AisocError) -> Response:
        return tell(error)

    @app.exception_handler(DBAPIError)
    async def database(_request: Request, error: DBAPIError) -> Response:
        return tell(database_problem(error, service.engine.url))

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        return tell(_invalid_request(), wrong=wrong_fields(error.errors()))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return tell(_of_http(request, error), extra=error.headers)


def wrong_fields(errors: Sequence[Any]) -> list[WrongField]:
    """Return what pydantic found, by fields; never a value, which may be a secret."""
    return [WrongField(field=".".join(map(str, wrong["loc"])), message=_plain(wrong)) for wrong in errors[:100]]


def _plain(wrong: Mapping[str, Any]) -> str:
    kind = wrong["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not known here"
    if kind == "json_invalid":
        return "is not JSON"
    return str(wrong["msg"]).removeprefix("Value error, ").replace("Input should", "should")


def _invalid_request() -> InvalidInput:
    return InvalidInput(
        "invalid_request", "The request cannot be used as it is.", "Correct the fields that `errors` names."
    )


def _of_http(request: Request, error: HTTPException) -> AisocError:
    """Return what the framework itself refuses: a path or a method that is not there, a body that cannot be read."""
    if isinstance(error.__cause__, AisocError):  # the framework wraps what reading the body raises
        return error.__cause__
    if error.status_code == 404:
        return NotFound("unknown_path", "There is nothing at this address.", "See /api/v1/openapi.json for what is.")
    if error.status_code == 405:
        return InvalidInput(
            "method_not_allowed",
            f"{request.method} cannot be used at this address.",
            "The header Allow says what can.",
        )
    return _invalid_request() if error.status_code < 500 else unforeseen()
