"""An event as rules see it: its normalized form, its raw document and its operation's request, by field name."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from app.detection.lowering import lowered
from app.detection.paths import flattened
from app.detection.requests import read_request
from app.detection.vocabulary import LEVEL_FIELDS, STATUS_FIELDS, reader_of
from app.events.event import Event
from app.events.fields import as_object, mended

_TOLD_ONCE = STATUS_FIELDS | LEVEL_FIELDS


class Value(NamedTuple):
    """One value of a field: as it came, as text ("true", "443"), and that text in lower case."""

    raw: Any
    text: str
    low: str


class Record:
    """One event; nothing is decoded before a rule asks for it, and nothing twice.

    event: the normalized event. raw: the record's bytes, as received. request: the request's body of the event's
    operation, where another record of the operation carries it; the event's own body goes before it. known: the values
    of the fields that were asked for already.
    """

    def __init__(self, event: Event, raw: bytes, request: Mapping[str, Any] | None = None) -> None:
        self.event = event
        self.raw = raw
        self._given_request = request
        self.known: dict[str, tuple[Value, ...]] = {}

    @cached_property
    def document(self) -> dict[str, Any]:
        """The raw record as an object; an empty one where it cannot be read."""
        try:
            return as_object(_decoded(self.raw))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {}

    @cached_property
    def own_request(self) -> dict[str, Any] | None:
        """The body of the request that this record itself carries (the one of the operation's beginning), or None."""
        return read_request(self.raw)

    @property
    def request(self) -> Mapping[str, Any] | None:
        """The body of the operation's request, where it is known."""
        return self.own_request if self.own_request is not None else self._given_request

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What is derived from the event and its operation's request: `aisoc.role`, `aisoc.open_ports` and others."""
        from app.detection.facts import derive  # noqa: PLC0415 - facts are derived from events, which know no records

        return derive(self.event, self.request)

    def values(self, field: str) -> list[Any]:
        """Return all values at a field name, in any of the vocabularies; null and empty lists are no values.

        The name's letter case is ignored. Lists give each of their elements, objects their JSON text. A status and a
        level are told once, in the record's own word.
        """
        found = [value.raw for value in self.seen(field)]
        return found[:1] if field.lower() in _TOLD_ONCE else found

    def seen(self, field: str) -> tuple[Value, ...]:
        """Return the same with their texts, as rules compare them; a status in the words of all shapes."""
        known = self.known.get(field)
        if known is None:
            known = self.known[field] = _seen(reader_of(field)(self))
        return known

    @cached_property
    def low_raw(self) -> bytes | None:
        """The raw bytes in lower case, to look for texts in; None where they may hide a text."""
        return lowered(self.raw)

    @cached_property
    def everything(self) -> tuple[Value, ...]:
        """All values of the document, at any depth, for keywords."""
        return tuple(_value(found) for found in flattened([self.document], into_objects=True))

    def holding(self, texts: Sequence[str]) -> list[Value]:
        """Return those of everything that have one of these texts in them. texts: in lower case."""
        found = []
        for raw in flattened([self.document], into_objects=True):
            low = raw.lower() if raw.__class__ is str else text_of(raw).lower()
            for text in texts:
                if text in low:
                    found.append(_value(raw))
                    break
        return found


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode(mended(raw))


def _seen(found: Sequence[Any]) -> tuple[Value, ...]:
    if len(found) == 1 and found[0].__class__ is str:  # as most fields
        return (_value(found[0]),)
    return tuple(_value(one) for one in flattened(found))


def _value(raw: Any) -> Value:
    if raw.__class__ is str:
        return Value(raw, raw, raw.lower())
    told = text_of(raw)
    return Value(raw, told, told.lower())


def text_of(value: Any) -> str:
    """Return a value as rules compare it with text: true, 443, 0.5; of an object its JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode()
    return str(value)
