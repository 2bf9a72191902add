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

from sqlalchemy import Column, ColumnElement, Integer, LargeBinary, Table, Text, Uuid
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
        Column("spelled", JSONB, nullable=False),
    )
    places = [(*EVENT_FIELDS, "connector").index(column) for column in columns]
    return Dimension(
        name, table, columns, itemgetter(slice(places[0], places[0] + 1)) if len(places) == 1 else itemgetter(*places)
    )


ACT = _dimension("act", "event_type", "operation", "status", "outcome", "activity_category", "connector")
ACTOR = _dimension("actor", "actor", "actor_email", "app_id", "src_ip", further=(Column("address", INET),))
PLACE = _dimension(
    "place", "resource_id", "resource_name", "resource_group", "resource_type", "subscription_id", "tenant_id"
)
TITLE = _dimension("title", "title")
DIMENSIONS = (ACT, ACTOR, PLACE, TITLE)
OF_COLUMN = {column: dimension for dimension in DIMENSIONS for column in dimension.columns}
"""The table in which a part of an event is looked for."""


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
