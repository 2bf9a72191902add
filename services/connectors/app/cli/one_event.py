"""The stored event that somebody names by the first digits of its id."""

import re

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import InvalidInput
from app.storage.search import StoredEvent, find_ids, read_event

_ID = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]{0,28}")


async def need_event(connection: AsyncConnection, typed: str) -> StoredEvent:
    """Return the event whose id begins so. Raises InvalidInput (unknown_event, ambiguous_event)."""
    if not _ID.fullmatch(typed) or len(typed.replace("-", "")) > 32:
        raise _no_such_event(typed)
    found = await find_ids(connection, typed)
    if len(found) > 1:
        raise InvalidInput(
            "ambiguous_event", f"More than one event has an id that begins with {typed!r}.", "Give more of its digits."
        )
    stored = await read_event(connection, found[0]) if found else None
    if stored is None:
        raise _no_such_event(typed)
    return stored


def _no_such_event(event_id: str) -> InvalidInput:
    return InvalidInput(
        "unknown_event", f"There is no event with the id {event_id[:80]!r}.", "Copy an id from aisoc events."
    )
