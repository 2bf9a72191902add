"""Fields of records whose schema nobody enforces: whatever they hold, reading them gives text, an object or nothing."""

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.errors import Skip

_LONGEST_TEXT = 2048
_NUMBERS = (int, float)
# An escape of half a surrogate pair in group 1, or any other escape, so that "\\ud800" is read as the text it is.
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.DOTALL
)


def text(value: Any) -> str | None:
    """Return a field's text: of `{"value": …}` its value, of a number its digits, of anything else None.

    NUL becomes U+FFFD (PostgreSQL keeps no NUL in text) and what is longer than 2,048 characters is cut; the raw
    bytes keep both.
    """
    # JSON decodes to exactly these types; this runs twenty times an event.
    if value.__class__ is dict:
        value = value.get("value")
    if value.__class__ is str:
        told = value if len(value) <= _LONGEST_TEXT else value[:_LONGEST_TEXT]
        return (told.replace("\0", "\ufffd") if "\0" in told else told).strip() or None
    return str(value)[:_LONGEST_TEXT] if value.__class__ in _NUMBERS else None


def as_object(value: Any) -> dict[str, Any]:
    """Return the object that a field holds, also as JSON text; an empty one for anything else."""
    if isinstance(value, str) and value[:1] == "{":
        try:
            value = _value(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def decoded(raw: msgspec.Raw) -> dict[str, Any]:
    """Return the object of a field that was left as it came; an empty one for anything else."""
    if not bytes(raw):
        return {}
    try:
        return as_object(_value(bytes(raw)))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}


def _value(json: bytes | str) -> Any:
    try:
        return msgspec.json.decode(json)
    except (msgspec.DecodeError, UnicodeError):
        return msgspec.json.decode(mended(json))


def read_time(value: Any) -> datetime:
    """Return a time in UTC, to the microsecond. Raises Skip (no_event_time)."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Skip("no_event_time", f"The record's time cannot be read: {str(value)[:60]!r}.") from error


def optional_time(value: Any) -> datetime | None:
    """Return a time in UTC where there is one that can be read."""
    try:
        return None if value is None else read_time(value)
    except Skip:
        return None


def mended(json: bytes | str) -> str:
    """Return JSON with U+FFFD for what is no Unicode: bytes that are no UTF-8, and halves of surrogate pairs."""
    told = json.decode(errors="replace") if isinstance(json, bytes) else json
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape[1] else escape[0], told)
