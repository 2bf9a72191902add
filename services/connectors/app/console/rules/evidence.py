"""A stored event as a rule sees it: with the body of its operation's request, from whichever record carries it."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.explaining import Explained, explain
from app.detection.operations import operation_key
from app.detection.record import Record
from app.detection.rules import EventRule
from app.service import Service
from app.storage.events import read_raw
from app.storage.neighbours import read_neighbours
from app.storage.search import StoredEvent, read_event

_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_LONGEST = 1_000


@dataclass(frozen=True)
class Explanation:
    """A rule's condition judged on an event. note: where the request's body came from, where that matters."""

    stored: StoredEvent
    tree: Explained
    note: str


async def explain_event(service: Service, rule: EventRule, text: str) -> Explanation | None:
    """Judge a rule on the event that a text names, by its id or address; None when there is no such event here."""
    event_id = id_in(text)
    if event_id is None:
        return None
    async with service.engine.connect() as connection:
        stored = await read_event(connection, event_id)
        if stored is None:
            return None
        raw = await _raw(connection, stored)
        record = Record(stored.event, raw)
        request = record.request
        if request is None and rule.needs_request:
            request = await _request_nearby(connection, stored)
            record = Record(stored.event, raw, request)
    tree = await asyncio.to_thread(explain, rule, record)
    return Explanation(stored, tree, _note(rule, record.own_request is not None, request))


def id_in(text: str) -> UUID | None:
    """Return the id of the event that a text names, itself or in an address."""
    found = _ID.search(text[:_LONGEST])
    return UUID(found[0]) if found else None


async def _raw(connection: AsyncConnection, stored: StoredEvent) -> bytes:
    return next(iter(await read_raw(connection, str(stored.event.id))), b"")


async def _request_nearby(connection: AsyncConnection, stored: StoredEvent) -> Mapping[str, Any] | None:
    """Return the request's body that another record of the same operation carries."""
    operation = operation_key(stored.event)
    for other in (await read_neighbours(connection, stored)).operation:
        if operation_key(other.event) == operation:
            body = Record(other.event, await _raw(connection, other)).own_request
            if body is not None:
                return body
    return None


def _note(rule: EventRule, own: bool, request: Mapping[str, Any] | None) -> str:
    notes = []
    if rule.needs_request and request is None:
        notes.append(
            "This rule reads the request's body, and no stored record of the operation carries it: the rule is not "
            "judged until one does."
        )
    elif rule.needs_request and not own:
        notes.append("The request's body is from another record of the same operation.")
    if rule.first_seen is not None:
        notes.append("An alert comes only of what matches for the first time in a while.")
    return " ".join(notes)
