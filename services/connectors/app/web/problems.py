"""Errors as programs read them: problem details of RFC 9457."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil

from fastapi.responses import JSONResponse

from app.errors import AisocError, Conflict, Denied, InvalidInput, NotFound, NotSignedIn

_BY_CODE = {
    "method_not_allowed": 405,
    "too_many_attempts": 429,
    "unknown_host": 421,
    "unforeseen_error": 500,
}
_BY_CLASS: tuple[tuple[type[AisocError], int], ...] = (
    (NotSignedIn, 401),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidInput, 422),
)


def status_of(error: AisocError) -> int:
    """Return the HTTP status that an error is told with."""
    by_class = next((status for kind, status in _BY_CLASS if isinstance(error, kind)), 503)
    return _BY_CODE.get(error.code, by_class)


def problem_headers(error: AisocError, now: datetime) -> dict[str, str]:
    """Return the headers that an error's status asks for: how to sign in, when to try again."""
    headers = {"WWW-Authenticate": 'Bearer realm="AiSOC"'} if isinstance(error, NotSignedIn) else {}
    after = getattr(error, "after", None)
    if after is not None:
        headers["Retry-After"] = str(max(1, ceil((after - now).total_seconds())))
    return headers


def problem_answer(error: AisocError, now: datetime, extra: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an error as problem details."""
    status = status_of(error)
    told = {
        "type": f"urn:aisoc:error:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status,
        "detail": error.message,
        "code": error.code,
        "remedy": error.remedy,
    }
    headers = problem_headers(error, now) | dict(extra or {})
    return JSONResponse(told, status, headers, "application/problem+json")
