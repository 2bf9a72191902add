"""Rules that raised are known to every process, not only to the one that judged by them."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the failures of rules. Rows are only added: whoever stores events waits for nobody because of them."""
    op.execute(
        """
        CREATE TABLE rule_failures (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            rule_id text NOT NULL,
            version text NOT NULL,
            reason text NOT NULL,
            noted_at timestamptz NOT NULL
        )
        """
    )
