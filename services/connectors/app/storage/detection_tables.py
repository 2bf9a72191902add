"""The tables of detections, for queries: alerts and what belongs to them, the state of correlations, and hunts."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.storage.tables import Time, metadata, severity_type

alerts = Table(
    "alerts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("rule_id", Text, nullable=False),
    Column("rule_title", Text, nullable=False),
    Column("kind", Text, nullable=False),  # event, first_seen, correlation, or severity (the table of verbs)
    Column("operation", LargeBinary),  # the operation that it is about; NULL where there are several
    Column("group_key", LargeBinary),  # of correlations and first-seen rules: the group's values
    Column("severity", severity_type, nullable=False),
    Column("title", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("techniques", ARRAY(Text), nullable=False),
    Column("tactics", ARRAY(Text), nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("connector", Text, nullable=False),
    Column("subscription_id", Text),
    Column("first_time", Time, nullable=False),
    Column("last_time", Time, nullable=False),
    Column("events", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("verdict", Text),
    Column("assignee", Text),
    Column("superseded_by", Uuid),  # another alert that says the same and more; such are out of the queue
    Column("suppressed_by", Uuid, ForeignKey("suppressions.id")),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
)

alert_events = Table(
    "alert_events",
    metadata,
    Column("alert_id", Uuid, ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("event_time", Time, nullable=False),
    Column("rule_id", Text, nullable=False),  # the event rule that matched; "" for a record that came with it
)

alert_entities = Table(
    "alert_entities",
    metadata,
    Column("alert_id", Uuid, ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),  # actor, ip, resource, principal
    Column("value", Text, primary_key=True),  # in lower case
    Column("shown", Text, nullable=False),
)

alert_changes = Table(
    "alert_changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("alert_id", Uuid, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("at", Time, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("rule_id", Text),  # NULL: of any rule
    Column("kind", Text),  # of an entity; NULL: of any
    Column("value", Text),
    Column("until", Time, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("removed_by", Text),
    Column("removed_at", Time),
)

rule_switches = Table(
    "rule_switches",
    metadata,
    Column("rule_id", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Time, nullable=False),
)

rule_failures = Table(
    "rule_failures",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("rule_id", Text, nullable=False),
    Column("version", Text, nullable=False),  # of the rule's text and of the program together
    Column("reason", Text, nullable=False),
    Column("noted_at", Time, nullable=False),
)

# Matches that a correlation counts, by its group (whose key is made with the correlation's id) and by what is counted.
sightings = Table(
    "sightings",
    metadata,
    Column("group_key", LargeBinary, primary_key=True),
    Column("event_time", Time, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("rule_id", Text, primary_key=True),
)

# For first-seen rules: from when to when a value was seen without a pause as long as the rule's timespan. The group's
# key is made with the rule's id; last_time is the hour in which it was seen last.
spans = Table(
    "spans",
    metadata,
    Column("group_key", LargeBinary, primary_key=True),
    Column("value_key", LargeBinary, primary_key=True),
    Column("first_time", Time, primary_key=True),
    Column("first_event", Uuid, nullable=False),
    Column("last_time", Time, nullable=False),
)

hunts = Table(
    "hunts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("rule_id", Text, nullable=False),
    Column("since", Time, nullable=False),
    Column("until", Time, nullable=False),
    Column("make_alerts", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Time, nullable=False),
    Column("started_at", Time),
    Column("finished_at", Time),
    Column("progress", JSONB(none_as_null=True)),
    Column("error", JSONB(none_as_null=True)),
)
