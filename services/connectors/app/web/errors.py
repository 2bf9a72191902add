"""What errors look like over HTTP: problem details (RFC 9457) for programs, pages and redirects for people."""

from math import ceil
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from app.errors import Abort, AisocError, Conflict, Denied, InvalidInput, NotFound, NotSignedIn, Retry
from app.log import get_logger
from app.storage.database import database_problem
from app.web.access import service_of
from app.web.headers import harden
from app.web.templates import error_page

_log = get_logger(__name__)
_STATUS: tuple[tuple[type[AisocError], int], ...] = (
    (NotSignedIn, 401),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidInput, 422),
    (Retry, 503),
)
_SOON_SECONDS = 30


def install_errors(app: FastAPI) -> None:
    """Let the application answer errors."""
    app.add_exception_handler(AisocError, _answer_aisoc)
    app.add_exception_handler(DBAPIError, _answer_database)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unforeseen)


def answer(request: Request, error: AisocError, status: int | None = None) -> Response:
    """Return the answer to a request that failed: a problem, a page, or the way to the sign-in page."""
    status = status or status_of(error)
    if wants_page(request):
        if isinstance(error, NotSignedIn) and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"/sign-in?next={quote(_local(request), safe='/')}", 303)
        return error_page(status, error, headers=_headers(request, error))
    facts = error.facts()
    problem = {"type": "about:blank", "title": facts["message"], "status": status, "detail": facts["remedy"]}
    return JSONResponse(
        problem | facts, status, headers=_headers(request, error), media_type="application/problem+json"
    )


def status_of(error: AisocError) -> int:
    """Return the HTTP status of an error."""
    if error.code == "too_many_attempts":
        return 429
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 502)


def wants_page(request: Request) -> bool:
    """Whether somebody looks at the answer: a browser asks, and not for the API."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _local(request: Request) -> str:
    """Return the path and query that were asked for."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _headers(request: Request, error: AisocError) -> dict[str, str]:
    if isinstance(error, NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, Retry):
        now = service_of(request).clock.now()
        seconds = _SOON_SECONDS if error.after is None else max(1, ceil((error.after - now).total_seconds()))
        return {"Retry-After": str(seconds)}
    return {}


async def _answer_aisoc(request: Request, error: Exception) -> Response:
    assert isinstance(error, AisocError)
    return answer(request, error)


async def _answer_database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    problem = database_problem(error, service_of(request).engine.url)
    _log.error("request_failed", path=request.url.path, reason=problem.message)
    return answer(request, problem)


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: an unknown path, a method that a path does not know."""
    assert isinstance(error, HTTPException)
    known = {
        404: NotFound("unknown_path", f"There is nothing at {request.url.path}.", "Check the address."),
        405: InvalidInput("unknown_method", f"{request.method} cannot be done here.", "See the API's description."),
    }
    problem = known.get(error.status_code) or Abort("request_refused", str(error.detail), "Correct the request.")
    response = answer(request, problem, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _answer_unforeseen(request: Request, error: Exception) -> Response:
    """Answer what nobody foresaw; the server logs its traceback."""
    del error
    problem = Abort("unforeseen_error", "AiSOC met an error that it does not know.", "The log has it: report it.")
    response = answer(request, problem, 500)
    harden(response.headers, request.scope)
    return response
