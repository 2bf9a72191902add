"""Which group a match belongs to, and what of it a correlation counts: by the values of the record's fields."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from typing import Any

from app.detection.episodes import Sighting, rule_key
from app.detection.judging import Match
from app.detection.record import Record, text_of
from app.detection.rules import Correlation

MOST_VALUES = 20
"""How many values of one field, and how many groups in all, one record can have; what is more is left out."""


@dataclass(frozen=True, slots=True)
class Group:
    """The values that a rule's matches have in common. key: 16 bytes made of these and of what the rule groups by.

    values: by the name in group_by, letter case folded.
    """

    key: bytes
    values: Mapping[str, str]


def digest(*parts: str) -> bytes:
    """Return 16 bytes for texts; not even their separation can make two lists the same."""
    hasher = hashlib.blake2b(digest_size=16)
    for part in parts:
        told = part.encode(errors="replace")
        hasher.update(len(told).to_bytes(4, "big"))
        hasher.update(told)
    return hasher.digest()


def texts(record: Record, field: str) -> list[str]:
    """Return the different values of a field that can be compared as text, letter case folded, in order."""
    values = record.values(field)
    if len(values) == 1:
        told = _text(values[0])
        return [told] if told else []
    return sorted({_text(value) for value in values} - {""})[:MOST_VALUES]


def groups_of(record: Record, fields: Mapping[str, str], *identity: str) -> Iterator[Group]:
    """Yield the groups of a record: one for each combination of its fields' values, none where a field has no value.

    fields: by name the field of this record. identity: what else makes the groups of one rule different.
    """
    values = [texts(record, field) for field in fields.values()]
    for chosen in islice(product(*values), MOST_VALUES):
        yield _group(identity, tuple(fields), chosen)


@lru_cache(4096)
def _group(identity: tuple[str, ...], names: tuple[str, ...], chosen: tuple[str, ...]) -> Group:
    return Group(digest(*identity, *names, "", *chosen), dict(zip(names, chosen, strict=True)))


def sightings_of(correlation: Correlation, match: Match) -> Iterator[tuple[Group, Sighting]]:
    """Yield what a correlation counts of a match, and in which group."""
    rule, record = match.rule.id, match.record
    fields = {name: correlation.field_of(name, rule) for name in correlation.group_by}
    counted = _counted(correlation, match)
    for group in groups_of(record, fields, correlation.id, correlation.type, correlation.field or ""):
        for key in counted:
            yield group, Sighting(record.event.event_time, record.event.id, rule, key)


def _counted(correlation: Correlation, match: Match) -> Sequence[bytes]:
    if correlation.type == "event_count":
        return [match.operation]
    if correlation.type == "value_count":
        field = correlation.field_of(correlation.field or "", match.rule.id)
        return [digest(value) for value in texts(match.record, field)]
    return [rule_key(match.rule.id)]


def _text(value: Any) -> str:
    if value.__class__ is str:
        return str(value).strip().casefold()
    return text_of(value).casefold() if isinstance(value, int | float) else ""
