"""Every error of the API as a problem (RFC 9457): what happened, what to do, and a code that is explained."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app.errors import Abort, AisocError, InvalidInput, NotFound
from app.log import get_logger
from app.storage.database import database_problem
from app.web.access import service_of
from app.web.problems import problem_answer, status_of

_log = get_logger(__name__)
_MOST_FIELDS = 100


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
    position: list[int] | None = Field(
        None, description="Where the mistake in a search begins and ends, from 0.", examples=[[9, 17]]
    )


class InvalidRequest(InvalidInput):
    """A request whose fields cannot be used. wrong: which, and why."""

    def __init__(self, wrong: Sequence[WrongField] = ()) -> None:
        super().__init__(
            "invalid_request", "The request cannot be used as it is.", "Correct the fields that `errors` names."
        )
        self.wrong = wrong

    def facts(self) -> dict[str, Any]:
        """Return the error as JSON-ready facts, with `errors`."""
        return super().facts() | {"errors": [wrong.model_dump() for wrong in self.wrong]}


def unforeseen() -> Abort:
    """Return what is told of an error that AiSOC does not know: nothing but that; the log has the rest."""
    return Abort(
        "unforeseen_error", "AiSOC met an error that it does not know.", "The log has its traceback: please report it."
    )


def unknown_path() -> NotFound:
    """Return what is told of an address that there is not."""
    return NotFound("unknown_path", "There is nothing at this address.", "See /api/v1/openapi.json for what is.")


def answer_problems(app: FastAPI) -> None:
    """Let an application answer every error that it foresees with a problem."""
    app.add_exception_handler(AisocError, _answer_ours)
    app.add_exception_handler(DBAPIError, _answer_database)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)


async def _answer_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, AisocError)
    return _answer(request, error)


async def _answer_database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    return _answer(request, database_problem(error, service_of(request).engine.url))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(request, InvalidRequest(_wrong_fields(error.errors())))


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request)) or headers.get("Allow", "")
    return _answer(request, _of_http(request, error), headers)


def _allowed(request: Request) -> list[str]:
    """Return the methods of an address; the framework names those of the first of its routes only."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    routes: list[APIRoute] = getattr(request.app.state, "routes", [])
    return sorted({method for route in routes if route.path_regex.match(path) for method in route.methods or ()})


def _answer(request: Request, error: AisocError, extra: Mapping[str, str] | None = None) -> Response:
    if status_of(error) >= 500:
        _log.error("request_failed", path=request.url.path, code=error.code, reason=error.message)
    return problem_answer(error, service_of(request).clock.now(), extra)


def _wrong_fields(errors: Sequence[Any]) -> list[WrongField]:
    """Return what pydantic found, by fields; never a value, which may be a secret."""
    return [
        WrongField(field=".".join(map(str, wrong["loc"])), message=_plain(wrong)) for wrong in errors[:_MOST_FIELDS]
    ]


def _plain(wrong: Mapping[str, Any]) -> str:
    kind = wrong["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not known here"
    if kind == "json_invalid":
        return "is not JSON"
    return str(wrong["msg"]).removeprefix("Value error, ").replace("Input should", "should")


def _of_http(request: Request, error: HTTPException) -> AisocError:
    """Return what the framework itself refuses: a path or a method that is not there, a body that cannot be read."""
    if isinstance(error.__cause__, AisocError):  # the framework wraps what reading the body raises
        return error.__cause__
    if error.status_code == 404:
        return unknown_path()
    if error.status_code == 405:
        return InvalidInput(
            "method_not_allowed", f"{request.method} cannot be used at this address.", "The header Allow says what can."
        )
    return InvalidRequest() if error.status_code < 500 else unforeseen()
