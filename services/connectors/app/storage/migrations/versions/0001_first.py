"""The first schema: connectors, checkpoints, polls, events, quarantine, and the job queue's own tables."""

from typing import Any

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None

_TABLES = """
CREATE TYPE severity AS ENUM ('info', 'low', 'medium', 'high', 'critical');

CREATE TABLE connectors (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    type text NOT NULL,
    config jsonb NOT NULL,
    secrets text NOT NULL,
    enabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    next_poll_at timestamptz NOT NULL
);

CREATE TABLE checkpoints (
    connector_id uuid REFERENCES connectors (id) ON DELETE CASCADE,
    stream text,
    position timestamptz NOT NULL,
    PRIMARY KEY (connector_id, stream)
);

CREATE TABLE polls (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
    stream text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    window_since timestamptz,
    window_until timestamptz,
    gap_since timestamptz,
    gap_until timestamptz,
    requests integer NOT NULL,
    pages integer NOT NULL,
    events_read integer NOT NULL,
    events_added integer NOT NULL,
    events_dropped integer NOT NULL,
    events_duplicate integer NOT NULL,
    events_quarantined integer NOT NULL,
    late_recovered integer NOT NULL,
    duration double precision,
    error jsonb
);
CREATE INDEX polls_latest ON polls (connector_id, id DESC);

CREATE TABLE events (
    id uuid PRIMARY KEY,
    source text NOT NULL,
    external_id text,
    category text NOT NULL,
    event_time timestamptz NOT NULL,
    available_time timestamptz,
    severity severity NOT NULL,
    severity_reason text NOT NULL,
    event_type text NOT NULL,
    operation text,
    title text NOT NULL,
    status text,
    outcome text NOT NULL,
    activity_category text,
    actor text,
    actor_email text,
    actor_type text NOT NULL,
    app_id text,
    src_ip text,
    resource_id text,
    resource_type text,
    resource_group text,
    resource_name text,
    subscription_id text,
    tenant_id text,
    correlation_id text,
    operation_id text,
    connector text NOT NULL,
    power_state text,
    raw bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_by_time ON events (event_time, id);
CREATE INDEX events_by_severity ON events (severity, event_time) WHERE severity > 'info';
-- A hash, because a resource's id may be longer than an index row.
CREATE INDEX events_power ON events (md5(lower(resource_id)), event_time) WHERE power_state IS NOT NULL;

CREATE TABLE quarantine (
    id uuid PRIMARY KEY,
    connector text NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    raw bytea NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    """Make the tables; the driver runs the scripts itself, as SQLAlchemy would read their % as placeholders."""
    connection: Any = op.get_bind().connection.driver_connection
    for script in (_TABLES, SchemaManager.get_schema()):
        connection.execute(script)
