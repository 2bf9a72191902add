"""What errors look like over HTTP: problem details for programs, pages and the way to the sign-in page for people."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app.errors import Abort, AisocError, InvalidInput, NotFound, NotSignedIn
from app.log import get_logger
from app.storage.database import database_problem
from app.web.access import service_of
from app.web.headers import harden
from app.web.problems import problem_answer, problem_headers, status_of
from app.web.templates import error_page

_log = get_logger(__name__)


def install_errors(app: FastAPI) -> None:
    """Let the application answer errors."""
    app.add_exception_handler(AisocError, _answer_aisoc)
    app.add_exception_handler(DBAPIError, _answer_database)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(404, _answer_http)  # the console's library has an answer of its own for this status
    app.add_exception_handler(Exception, _answer_unforeseen)


def answer(request: Request, error: AisocError) -> Response:
    """Return the answer to a request that failed: a problem, a page, or the way to the sign-in page."""
    now = service_of(request).clock.now()
    if not wants_page(request):
        return problem_answer(error, now)
    if isinstance(error, NotSignedIn) and request.method in ("GET", "HEAD"):
        return RedirectResponse(sign_in_path(request), 303)
    return error_page(status_of(error), error, headers=problem_headers(error, now))


def wants_page(request: Request) -> bool:
    """Whether somebody looks at the answer: a browser asks, and not for the API."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def sign_in_path(request: Request) -> str:
    """Return the path of the sign-in page that leads back to what was asked for."""
    query = request.url.query
    return f"/sign-in?next={quote(request.url.path + (f'?{query}' if query else ''), safe='/')}"


async def _answer_aisoc(request: Request, error: Exception) -> Response:
    assert isinstance(error, AisocError)
    if status_of(error) >= 500:
        _log.error("request_failed", path=request.url.path, code=error.code, reason=error.message)
    return answer(request, error)


async def _answer_database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    return await _answer_aisoc(request, database_problem(error, service_of(request).engine.url))


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: an unknown path, a method that a path does not know."""
    assert isinstance(error, HTTPException)
    known: dict[int, AisocError] = {
        404: NotFound("unknown_path", f"There is nothing at {request.url.path[:200]}.", "Check the address."),
        405: InvalidInput(
            "method_not_allowed", f"{request.method} cannot be used at this address.", "The header Allow says what can."
        ),
    }
    refused = InvalidInput("invalid_request", "The request cannot be used as it is.", "Correct it.")
    response = answer(request, known.get(error.status_code, refused))
    response.headers.update(error.headers or {})
    return response


async def _answer_unforeseen(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw; the server logs its traceback."""
    del error
    problem = Abort(
        "unforeseen_error", "AiSOC met an error that it does not know.", "The log has its traceback: please report it."
    )
    response = answer(request, problem)
    harden(response.headers, request.scope)
    return response
