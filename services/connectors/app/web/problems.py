"""Errors as programs read them: problem details of RFC 9457."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any

from fastapi.responses import JSONResponse

from app.errors import AisocError, Conflict, Denied, InvalidInput, NotFound, NotSignedIn, Retry

MEDIA_TYPE = "application/problem+json"

# The first that fits says the status; codes before classes.
_BY_CODE = {
    "method_not_allowed": 405,
    "body_too_large": 413,
    "body_not_json": 415,
    "unknown_host": 421,
    "too_many_attempts": 429,
}
_BY_CLASS: tuple[tuple[type[AisocError], int], ...] = (
    (NotSignedIn, 401),
    (Denied, 403),
    (NotFound, 404),
    (Conflict, 409),
    (InvalidInput, 422),
    (Retry, 503),
)
# What is wrong with this installation. What a source refuses is what was asked for, and its caller's to mend (422).
_OUR_OWN = frozenset({
    "address_unusable", "database_newer", "database_refused", "database_too_old", "invalid_keyring", "keyring_missing",
    "keyring_not_private", "keyring_unreadable", "secret_unreadable", "unforeseen_error",
})  # fmt: skip


def status_of(error: AisocError) -> int:
    """Return the HTTP status that an error is told with."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if error.code in _OUR_OWN:
        return 500
    return next((status for kind, status in _BY_CLASS if isinstance(error, kind)), 422)


def problem_headers(error: AisocError, now: datetime) -> dict[str, str]:
    """Return the headers that an error's status asks for: how to sign in, when to try again."""
    headers = {"WWW-Authenticate": 'Bearer realm="AiSOC"'} if isinstance(error, NotSignedIn) else {}
    after = getattr(error, "after", None)
    if after is not None:
        headers["Retry-After"] = str(max(1, ceil((after - now).total_seconds())))
    return headers


def problem_facts(error: AisocError) -> dict[str, Any]:
    """Return an error as the facts of a problem, with those of its own kind."""
    facts = error.facts()
    return {
        "type": f"urn:aisoc:error:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status_of(error),
        "detail": facts.pop("message"),
        **facts,
    }


def problem_answer(error: AisocError, now: datetime, extra: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an error as problem details. extra: further headers."""
    headers = problem_headers(error, now) | dict(extra or {})
    return JSONResponse(problem_facts(error), status_of(error), headers, MEDIA_TYPE)
