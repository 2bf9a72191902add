"""Where a page of events ended: a position that clients hand back and cannot mistake for anything else."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Position(NamedTuple):
    """An event's place in the order of all: its time, then its id."""

    event_time: datetime
    id: UUID


def written_cursor(position: Position) -> str:
    """Return a position as 32 letters that need no escaping in an address."""
    microseconds = (position.event_time - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(microseconds.to_bytes(8, "big", signed=True) + position.id.bytes).decode()


def read_cursor(cursor: str) -> Position:
    """Return the position of a cursor. Raises InvalidInput (invalid_cursor)."""
    try:
        told = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        moment = _EPOCH + int.from_bytes(told[:8], "big", signed=True) * _MICROSECOND
        return Position(moment, UUID(bytes=told[8:]))
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidInput(
            "invalid_cursor",
            f"{cursor[:80]!r} is not where a page ended.",
            "Use next_cursor of the page before as it is, or leave it out for the first page.",
        ) from None
