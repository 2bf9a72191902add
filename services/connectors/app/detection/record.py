"""An event as rules see it: its normalized form, its raw document and its operation's request, by field name."""

from collections.abc import Mapping
from typing import Any

from app.events.event import Event


class Record:
    """One event; nothing is decoded before a rule asks for it.

    request: the body of the operation's request, where it is known: the event's own, or else another record's.
    """

    __slots__ = ("_document", "event", "raw", "request")

    def __init__(self, event: Event, raw: bytes, request: Mapping[str, Any] | None = None) -> None:
        self.event = event
        self.raw = raw
        self.request = request
        self._document: dict[str, Any] | None = None
