"""Polls that read wider: which tier a poll was, and where a stream's reading began."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; what was read before were polls, from the start of the oldest window on."""
    op.execute("ALTER TABLE polls ADD COLUMN tier text NOT NULL DEFAULT 'poll'")
    op.execute("ALTER TABLE checkpoints ADD COLUMN began timestamptz")
    op.execute(
        """
        UPDATE checkpoints SET began = coalesce(
            (SELECT min(window_since) FROM polls WHERE polls.connector_id = checkpoints.connector_id), position)
        """
    )
    op.execute("ALTER TABLE checkpoints ALTER COLUMN began SET NOT NULL")
