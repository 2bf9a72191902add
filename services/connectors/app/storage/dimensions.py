"""What the events' texts are kept in for searches: four tables that hold each combination of texts once.

An event's narrow row in `event_facts` points to one row of each. A search looks through these small tables for texts,
and then through narrow rows for numbers.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, Integer, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import INET, JSONB

from app.storage.tables import EVENT_FIELDS, Time, metadata, severity_type

Texts = tuple[str | None, ...]


@dataclass(frozen=True)
class Dimension:
    """One of the tables: its column in event_facts, and the parts of an event that its rows hold, in order."""

    name: str
    table: Table
    columns: tuple[str, ...]
    texts: Callable[[tuple[Any, ...]], Texts]
    """Gives an event's texts, from its fields in order and the connector."""

    @property
    def fact(self) -> ColumnElement[int]:
        """The column of event_facts that points here."""
        return facts.c[self.name]


facts = Table(
    "event_facts",
    metadata,
    Column("event_time", Time, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("severity", severity_type, nullable=False),
    Column("act", Integer, nullable=False),
    Column("actor", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("title", Integer, nullable=False),
    Column("correlation_id", Text, nullable=False),
)


def _dimension(name: str, *columns: str, further: tuple[Column[Any], ...] = ()) -> Dimension:
    table = Table(
        f"event_{name}s",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("key", LargeBinary, nullable=False, unique=True),
        *(Column(column, Text, nullable=False) for column in columns),
        *further,
    )
    return Dimension(name, table, columns, _texts_of(columns))


def _texts_of(columns: tuple[str, ...]) -> Callable[[tuple[Any, ...]], Texts]:
    """Return what takes these parts out of an event; always a tuple, also of one."""
    fields = (*EVENT_FIELDS, "connector")
    first, *others = (fields.index(column) for column in columns if column in fields)
    return itemgetter(first, *others) if others else itemgetter(slice(first, first + 1))


def _spelled() -> Column[Any]:
    return Column("spelled", JSONB, nullable=False)


ACT = _dimension(
    "act", "event_type", "operation", "status", "outcome", "activity_category", "connector", further=(_spelled(),)
)
ACTOR = _dimension("actor", "actor", "actor_email", "app_id", "src_ip", further=(Column("address", INET), _spelled()))
PLACE = _dimension(
    "place",
    "resource_id",
    "resource_name",
    "resource_group",
    "resource_type",
    "subscription_id",
    "tenant_id",
    further=(
        Column("parent", Integer, nullable=False),
        Column("leaf", Text, nullable=False),
        Column("named_apart", Boolean, nullable=False),
        _spelled(),
    ),
)
TITLE = _dimension("title", "title")
DIMENSIONS = (ACT, ACTOR, PLACE, TITLE)
parents = Table(
    "event_parents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", LargeBinary, nullable=False, unique=True),
    Column("path", Text, nullable=False),
)
PARENT = Dimension("parent", parents, ("path",), lambda texts: texts)
OF_COLUMN = {column: dimension for dimension in DIMENSIONS for column in dimension.columns}
"""The table in which a part of an event is looked for."""

SPELLED = frozenset(
    {"status", "activity_category", "connector", "actor", "resource_id", "resource_group", "resource_type"}
)
"""The parts of an event that are shown as they were first spelled; the others are shown in lower case."""


def lowered(texts: Texts) -> tuple[str, ...]:
    """Return texts as searches compare them."""
    return tuple((text or "").lower() for text in texts)


def key(texts: tuple[str, ...]) -> bytes:
    """Return what identifies a combination of texts, none of which holds a NUL."""
    return hashlib.sha256("\0".join(texts).encode()).digest()


def address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is."""
    try:
        return None if "%" in text else ip_address(text)  # PostgreSQL knows no zones
    except ValueError:
        return None
