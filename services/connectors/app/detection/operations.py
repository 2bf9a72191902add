"""Which records are of one operation: Azure tells of an action in two or three records, and it is one thing."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.events.event import Event


@dataclass(frozen=True, slots=True)
class Held:
    """An event with its raw document, and the connector or file's name that brought it first."""

    event: Event
    raw: bytes
    connector: str


def operation_key(event: Event) -> bytes:
    """Return the 16 bytes that all records of an event's operation have in common, and no others.

    They have the same operation, category and resource (letter case ignored), and the same ids. An operation id counts
    together with the correlation id, as Azure writes both or one; a record without either is alone.
    """
    ids = (event.correlation_id or "", event.operation_id or "")
    own = ids if any(ids) else (str(event.id), "")
    parts = (event.event_type, event.activity_category or "", event.resource_id or "", *own)
    return hashlib.blake2b("\0".join(parts).lower().encode(), digest_size=16).digest()


def by_operation(records: Iterable[Held]) -> dict[bytes, list[Held]]:
    """Return records by their operation's key, each operation's in the order of time, each record once."""
    found: dict[bytes, list[Held]] = {}
    for held in records:
        found.setdefault(operation_key(held.event), []).append(held)
    return {key: _each_once(records) if len(records) > 1 else records for key, records in found.items()}


def _each_once(records: Sequence[Held]) -> list[Held]:
    return in_order(list({held.event.id.int: held for held in reversed(records)}.values()))


def in_order(records: Sequence[Held]) -> list[Held]:
    """Return records in the order of time, and by id where times are the same."""
    return sorted(records, key=lambda held: (held.event.event_time, held.event.id.int))
