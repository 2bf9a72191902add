"""Cursors of lists: where a page ended, as a text that callers hand back and need not understand."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Query

from app.errors import InvalidInput

Place = TypeVar("Place")
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]


def written(*parts: str | int) -> str:
    """Return the cursor of a place."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read(cursor: str | None, place: Callable[..., Place]) -> Place | None:
    """Return the place of a cursor, made of its parts; None without one. Raises InvalidInput (invalid_cursor)."""
    if cursor is None:
        return None
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        return place(*parts)
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        raise InvalidInput(
            "invalid_cursor", "The cursor is none of this list.", "Give `next` of the page before as it was."
        ) from None


def row_number(value: int) -> int:
    """Return the number of a row that a cursor names. Raises TypeError or ValueError."""
    if not isinstance(value, int):
        raise TypeError
    if not 0 <= value < 1 << 63:
        raise ValueError
    return value
