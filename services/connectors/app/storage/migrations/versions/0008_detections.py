"""Detections: alerts with their events, entities and history, suppressions, the state of correlations, and hunts."""

from alembic import op

revision = "0008"
down_revision = "0007"

_TABLES = """
CREATE TABLE suppressions (
    id uuid PRIMARY KEY,
    rule_id text,
    kind text,
    value text,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    removed_by text,
    removed_at timestamptz
);
CREATE TABLE alerts (
    id uuid PRIMARY KEY,
    rule_id text NOT NULL,
    rule_title text NOT NULL,
    kind text NOT NULL,
    operation bytea,
    group_key bytea,
    severity severity NOT NULL,
    title text NOT NULL,
    outcome text NOT NULL,
    techniques text[] NOT NULL,
    tactics text[] NOT NULL,
    facts jsonb NOT NULL,
    connector text NOT NULL,
    subscription_id text,
    first_time timestamptz NOT NULL,
    last_time timestamptz NOT NULL,
    events integer NOT NULL,
    status text NOT NULL,
    verdict text,
    assignee text,
    superseded_by uuid,
    suppressed_by uuid REFERENCES suppressions (id),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX alerts_by_operation ON alerts (operation) WHERE operation IS NOT NULL;
CREATE INDEX alerts_by_group ON alerts (rule_id, group_key) WHERE group_key IS NOT NULL;
CREATE INDEX alerts_suppressed ON alerts (suppressed_by) WHERE suppressed_by IS NOT NULL;
CREATE INDEX alerts_by_time ON alerts (first_time, id);
CREATE INDEX alerts_by_last ON alerts (last_time, id);
CREATE INDEX alerts_in_queue ON alerts (severity, last_time, id, status)
    WHERE superseded_by IS NULL AND suppressed_by IS NULL AND status IN ('new', 'in_progress');
CREATE INDEX alerts_by_rule ON alerts (rule_id, first_time);
CREATE TABLE alert_events (
    alert_id uuid NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    event_id uuid NOT NULL,
    event_time timestamptz NOT NULL,
    rule_id text NOT NULL,
    PRIMARY KEY (alert_id, event_id)
);
CREATE INDEX alert_events_by_event ON alert_events (event_id);
CREATE TABLE alert_entities (
    alert_id uuid NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    kind text NOT NULL,
    value text NOT NULL,
    shown text NOT NULL,
    PRIMARY KEY (alert_id, kind, value)
);
CREATE INDEX alert_entities_by_value ON alert_entities (kind, md5(value));
CREATE TABLE alert_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id uuid NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    facts jsonb NOT NULL
);
CREATE INDEX alert_changes_by_alert ON alert_changes (alert_id, id);
CREATE TABLE rule_switches (
    rule_id text PRIMARY KEY,
    enabled boolean NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE TABLE sightings (
    group_key bytea NOT NULL,
    event_time timestamptz NOT NULL,
    event_id uuid NOT NULL,
    key bytea NOT NULL,
    rule_id text NOT NULL,
    PRIMARY KEY (group_key, event_time, event_id, key, rule_id)
);
CREATE INDEX sightings_by_time ON sightings USING brin (event_time) WITH (autosummarize = on);
CREATE TABLE spans (
    group_key bytea NOT NULL,
    value_key bytea NOT NULL,
    first_time timestamptz NOT NULL,
    first_event uuid NOT NULL,
    last_time timestamptz NOT NULL,
    PRIMARY KEY (group_key, value_key, first_time)
);
CREATE INDEX spans_by_time ON spans USING brin (last_time) WITH (autosummarize = on);
CREATE TABLE hunts (
    id uuid PRIMARY KEY,
    rule_id text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    make_alerts boolean NOT NULL,
    state text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    progress jsonb,
    error jsonb
);
CREATE INDEX hunts_by_request ON hunts (requested_at);
-- An operation's other records are looked for by resource and time: a busy resource has thousands of events.
CREATE INDEX event_places_by_resource ON event_places (md5(resource_id));
DROP INDEX event_facts_by_place;
CREATE INDEX event_facts_by_place ON event_facts (place, event_time);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_TABLES)
