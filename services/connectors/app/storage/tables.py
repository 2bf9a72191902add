"""The tables, for queries; the migrations make them."""

from types import NoneType
from typing import Any, get_args

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ENUM, JSONB

from app.events.event import Event, Severity

metadata = MetaData()
_Time = DateTime(timezone=True)
severity_type = ENUM(Severity, name="severity", values_callable=lambda kinds: [kind.value for kind in kinds])

connectors = Table(
    "connectors",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("config", JSONB, nullable=False),
    Column("secrets", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", _Time, nullable=False),
    Column("next_poll_at", _Time, nullable=False),
)

# Up to where a connector's stream was read completely.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("connector_id", Uuid, ForeignKey("connectors.id", ondelete="CASCADE"), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("position", _Time, nullable=False),
    Column("began", _Time, nullable=False),
)

polls = Table(
    "polls",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("connector_id", Uuid, ForeignKey("connectors.id", ondelete="CASCADE"), nullable=False),
    Column("stream", Text, nullable=False),
    Column("tier", Text, nullable=False, default="poll"),
    Column("started_at", _Time, nullable=False),
    Column("finished_at", _Time),
    Column("window_since", _Time),
    Column("window_until", _Time),
    Column("gap_since", _Time),
    Column("gap_until", _Time),
    Column("requests", Integer, nullable=False, default=0),
    Column("pages", Integer, nullable=False, default=0),
    Column("events_read", Integer, nullable=False, default=0),
    Column("events_added", Integer, nullable=False, default=0),
    Column("events_dropped", Integer, nullable=False, default=0),
    Column("events_duplicate", Integer, nullable=False, default=0),
    Column("events_quarantined", Integer, nullable=False, default=0),
    Column("late_recovered", Integer, nullable=False, default=0),
    Column("duration", Double),
    Column("error", JSONB(none_as_null=True)),
)

_EVENT_TYPES: dict[str, Any] = {
    "id": Uuid,
    "event_time": _Time,
    "available_time": _Time,
    "severity": severity_type,
}
_event_fields = msgspec.structs.fields(Event)
EVENT_FIELDS = tuple(field.name for field in _event_fields)

events = Table(
    "events",
    metadata,
    *(
        Column(
            field.name,
            _EVENT_TYPES.get(field.name, Text),
            primary_key=field.name == "id",
            nullable=NoneType in get_args(field.type),
        )
        for field in _event_fields
    ),
    Column("connector", Text, nullable=False),
    Column("power_state", Text),
    Column("raw", LargeBinary, nullable=False),
    Column("stored_at", _Time, nullable=False, server_default=func.now()),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("connector", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("stored_at", _Time, nullable=False, server_default=func.now()),
)
