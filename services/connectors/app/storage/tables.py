"""The tables, for queries; the migrations make them."""

from types import NoneType
from typing import Any, get_args
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ENUM, JSONB, TSTZMULTIRANGE

from app.events.event import Event, Severity

metadata = MetaData()
Time = DateTime(timezone=True)
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
    Column("created_at", Time, nullable=False),
    Column("next_poll_at", Time, nullable=False),
    Column("throttled_until", Time),
)


def _stream_columns() -> tuple[Column[Any], Column[Any]]:
    """Return the columns that say which connector's stream a row is about."""
    connector_id = Column("connector_id", Uuid, ForeignKey("connectors.id", ondelete="CASCADE"), primary_key=True)
    return connector_id, Column("stream", Text, primary_key=True)


# What time of a connector's stream was read completely, and what of it is settled.
coverage = Table(
    "coverage",
    metadata,
    *_stream_columns(),
    Column("asked_since", Time, nullable=False),
    Column("read", TSTZMULTIRANGE, nullable=False),
    Column("settled", TSTZMULTIRANGE, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    *_stream_columns(),
    Column("reason", Text, primary_key=True),
    Column("spans", TSTZMULTIRANGE, nullable=False),
)

# How many events of a day became readable how late (app/collection/lags.py has the buckets).
lags = Table(
    "lags",
    metadata,
    *_stream_columns(),
    Column("day", Date, primary_key=True),
    Column("bucket", SmallInteger, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("longest", Double, nullable=False),
)

polls = Table(
    "polls",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("connector_id", Uuid, ForeignKey("connectors.id", ondelete="CASCADE"), nullable=False),
    Column("stream", Text, nullable=False),
    Column("tier", Text, nullable=False, default="poll"),
    Column("started_at", Time, nullable=False),
    Column("finished_at", Time),
    Column("window_since", Time),
    Column("window_until", Time),
    Column("gap_since", Time),
    Column("gap_until", Time),
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
    "event_time": Time,
    "available_time": Time,
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
    Column("stored_at", Time, nullable=False, server_default=func.now()),
)


def id_range(prefix: str) -> tuple[UUID, UUID]:
    """Return the first and the last id that begin so: hexadecimal digits, dashes between them count for nothing."""
    digits = prefix.replace("-", "")[:32]
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("connector", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("stored_at", Time, nullable=False, server_default=func.now()),
)

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password", Text),  # argon2's own form; NULL for who only signs in elsewhere
    Column("subject", Text, unique=True),  # who it is at the identity provider
    Column("enabled", Boolean, nullable=False, default=True),
    Column("preferences", JSONB, nullable=False, default=dict),
    Column("created_at", Time, nullable=False),
    Column("last_seen_at", Time),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("ip", Text),
    Column("agent", Text),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("used_at", Time),
)

# One-time links: to make the first admin (no user), or to choose a password.
links = Table(
    "links",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE")),
    Column("expires_at", Time, nullable=False),
)

# Sign-ins at the identity provider that are under way, by the hash of their state.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("flow", JSONB, nullable=False),
    Column("expires_at", Time, nullable=False),
)

# Names as hashes: people type their password into the wrong field.
failed_logins = Table(
    "failed_logins",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Time, nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("ip", Text, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Time, nullable=False),
    Column("actor", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("ip", Text),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
)

# Polls, sweeps, audits and backfills that somebody asked for.
readings = Table(
    "readings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("connector_id", Uuid, ForeignKey("connectors.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("since", Time),
    Column("state", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Time, nullable=False),
    Column("started_at", Time),
    Column("finished_at", Time),
    Column("progress", JSONB(none_as_null=True)),
    Column("error", JSONB(none_as_null=True)),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("search", Text, nullable=False),
    Column("created_at", Time, nullable=False),
)
