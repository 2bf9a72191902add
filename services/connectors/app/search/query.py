"""A search as it was understood: conditions that can be asked of a store, and written back as one line."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.events.event import Severity
from app.search.fields import FIELDS, Field

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Comparison = Literal[":", "=", ">", ">=", "<", "<="]

# What needs no quotes: in a field's value, and in a free word, where a colon would make a field of what is before it.
_PLAIN_VALUE = re.compile(r"[^\s\"(),*]+")
_PLAIN_WORD = re.compile(r"[^\s\"(),*:=<>]+")


@dataclass(frozen=True)
class Value:
    """A text to look for: one part, or several with anything between them (`a*b`). Parts are as typed."""

    parts: tuple[str, ...]

    @property
    def anything(self) -> bool:
        """Whether it is a wildcard alone: the field is there."""
        return self.parts == ("", "")

    @property
    def literal(self) -> str | None:
        """The text, unless it has wildcards."""
        return self.parts[0] if len(self.parts) == 1 else None

    @property
    def network(self) -> Network | None:
        """The network, or the one address as a network, that it names."""
        try:
            return ipaddress.ip_network(self.literal or "", strict=False)
        except ValueError:
            return None

    def written(self, plain: re.Pattern[str] = _PLAIN_VALUE) -> str:
        """Return what to type for it."""
        return "*".join(part if not part or plain.fullmatch(part) else _quoted(part) for part in self.parts)


@dataclass(frozen=True)
class Match:
    """A field has one of these values. exact: the whole field, not in the field's own way."""

    field: Field
    values: tuple[Value, ...]
    exact: bool = False

    def __str__(self) -> str:
        """Return what to type for it."""
        if self.field.name == "text" and not self.exact and len(self.values) == 1:
            return _word(self.values[0])
        return f"{self.field.name}{'=' if self.exact else ':'}{','.join(value.written() for value in self.values)}"


@dataclass(frozen=True)
class Severities:
    """The severity is one of these, or stands so to the one."""

    comparison: Comparison
    values: tuple[Severity, ...]

    @property
    def chosen(self) -> tuple[Severity, ...]:
        """The severities that are meant, least first."""
        if self.comparison in {":", "="}:
            return tuple(each for each in Severity if each in self.values)
        limit, above = self.values[0].rank, self.comparison.startswith(">")
        return tuple(
            each
            for each in Severity
            if (each.rank > limit if above else each.rank < limit)
            or (each.rank == limit and self.comparison.endswith("="))
        )

    def __str__(self) -> str:
        """Return what to type for it."""
        return f"severity{self.comparison}{','.join(self.values)}"


@dataclass(frozen=True)
class When:
    """The event happened at that time or later (since), or before it (until). typed: the time as it was written."""

    bound: Literal["since", "until"]
    typed: str
    at: datetime

    def __str__(self) -> str:
        """Return what to type for it."""
        return f"{self.bound}:{Value((self.typed,)).written()}"


@dataclass(frozen=True)
class Not:
    """What does not match; an absent field matches no value, so that its negation matches."""

    part: "Condition"

    def __str__(self) -> str:
        """Return what to type for it."""
        return f"-{_grouped(self.part)}"


@dataclass(frozen=True)
class And:
    """All of these; none at all is everything."""

    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        """Return what to type for it."""
        if len(self.parts) == 1:
            return str(self.parts[0])
        return " ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True)
class Or:
    """Any of these."""

    parts: tuple["Condition", ...]

    def __str__(self) -> str:
        """Return what to type for it."""
        return " OR ".join(str(part) for part in self.parts)


Condition = Match | Severities | When | Not | And | Or


@dataclass(frozen=True)
class Search:
    """A whole search: every part of it must hold. Written back (`str`) it is understood the same."""

    parts: tuple[Condition, ...] = ()

    @property
    def condition(self) -> And:
        """The search as one condition."""
        return And(self.parts)

    @property
    def since(self) -> datetime | None:
        """The time from which on all that it finds happened, if it says so."""
        return max((part.at for part in self._times("since")), default=None)

    @property
    def until(self) -> datetime | None:
        """The time before which all that it finds happened, if it says so."""
        return min((part.at for part in self._times("until")), default=None)

    def _times(self, bound: str) -> list[When]:
        return [part for part in self.parts if isinstance(part, When) and part.bound == bound]

    def narrowed(self, *more: Condition) -> "Search":
        """Return the search with further conditions; one that it has already is not added."""
        return Search((*self.parts, *(part for part in more if part not in self.parts)))

    def without_times(self) -> "Search":
        """Return the search without what it says about time as a whole."""
        return Search(tuple(part for part in self.parts if not isinstance(part, When)))

    def __str__(self) -> str:
        """Return what to type for it."""
        return str(self.condition)


def _grouped(part: Condition) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)


def _word(value: Value) -> str:
    """Return what to type for a free word: nothing that reads as an operator or as a negation."""
    told = value.written(_PLAIN_WORD)
    if told.startswith("-") or told in {"AND", "OR", "NOT"}:
        first, *rest = value.parts
        told = "*".join([_quoted(first), *(Value((part,)).written(_PLAIN_WORD) for part in rest)])
    return told


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def term_for(field: str, value: str, *, exact: bool = True) -> Match:
    """Return the condition that a field has this very value. Raises KeyError for a field that there is not."""
    return Match(FIELDS[field], (Value((value,)),), exact)
