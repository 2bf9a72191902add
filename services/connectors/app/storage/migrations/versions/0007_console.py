"""What people ask for: readings now and of the past, with their progress; and searches they saved."""

from alembic import op

revision = "0007"
down_revision = "0006"

_STEPS = (
    """
    CREATE TABLE readings (
        id uuid PRIMARY KEY,
        connector_id uuid NOT NULL REFERENCES connectors (id) ON DELETE CASCADE,
        kind text NOT NULL CHECK (kind IN ('poll', 'sweep', 'audit', 'backfill')),
        since timestamptz,
        state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'stopped')),
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL,
        started_at timestamptz,
        finished_at timestamptz,
        progress jsonb,
        error jsonb
    )
    """,
    "CREATE INDEX readings_latest ON readings (connector_id, requested_at DESC)",
    # One of a kind at a time: a second wish for the same is the first one.
    "CREATE UNIQUE INDEX readings_open ON readings (connector_id, kind) WHERE state IN ('waiting', 'running')",
    """
    CREATE TABLE saved_searches (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        name text NOT NULL,
        search text NOT NULL,
        created_at timestamptz NOT NULL,
        UNIQUE (user_id, name)
    )
    """,
    # What is to understand a record when it is tried again; until now there was one source.
    "ALTER TABLE quarantine ADD COLUMN source text NOT NULL DEFAULT 'azure_activity'",
    "ALTER TABLE quarantine ALTER COLUMN source DROP DEFAULT",
    # Few polls find something late: what the overview tells of them is found without reading the history.
    "CREATE INDEX polls_late ON polls (started_at) WHERE late_recovered > 0",
    "CREATE INDEX quarantine_latest ON quarantine (stored_at DESC, id DESC)",
)


def upgrade() -> None:
    """Make the tables."""
    for step in _STEPS:
        op.execute(step)
