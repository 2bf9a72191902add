"""The ledger: what time was read and settled, gaps, measured lags; until when a source asks not to be asked."""

from alembic import op

revision = "0003"
down_revision = "0002"

_STEPS = (
    """
    CREATE TABLE coverage (
        connector_id uuid REFERENCES connectors (id) ON DELETE CASCADE,
        stream text,
        asked_since timestamptz NOT NULL,
        read tstzmultirange NOT NULL DEFAULT '{}',
        settled tstzmultirange NOT NULL DEFAULT '{}',
        PRIMARY KEY (connector_id, stream)
    )
    """,
    # What the daily audits may not have read again yet stays unsettled: the next sweep reads it.
    """
    INSERT INTO coverage
    SELECT connector_id, stream, began, tstzmultirange(tstzrange(began, position, '[]')),
        tstzmultirange(tstzrange(began, greatest(began, position - interval '48 hours'), '[]'))
    FROM checkpoints
    """,
    "DROP TABLE checkpoints",
    """
    CREATE TABLE gaps (
        connector_id uuid REFERENCES connectors (id) ON DELETE CASCADE,
        stream text,
        reason text,
        spans tstzmultirange NOT NULL,
        PRIMARY KEY (connector_id, stream, reason)
    )
    """,
    """
    INSERT INTO gaps
    SELECT connector_id, stream, 'outage_longer_than_retention', range_agg(tstzrange(gap_since, gap_until))
    FROM polls WHERE gap_since IS NOT NULL AND finished_at IS NOT NULL AND error IS NULL
    GROUP BY connector_id, stream
    """,
    """
    UPDATE coverage SET read = read - spans, settled = settled - spans FROM gaps
    WHERE gaps.connector_id = coverage.connector_id AND gaps.stream = coverage.stream
    """,
    """
    CREATE TABLE lags (
        connector_id uuid REFERENCES connectors (id) ON DELETE CASCADE,
        stream text,
        day date,
        bucket smallint,
        events bigint NOT NULL,
        longest double precision NOT NULL,
        PRIMARY KEY (connector_id, stream, day, bucket)
    )
    """,
    "ALTER TABLE connectors ADD COLUMN throttled_until timestamptz",
)


def upgrade() -> None:
    """Turn checkpoints into the ledger; the gaps are those that the history tells of."""
    for step in _STEPS:
        op.execute(step)
