"""Raw bytes are kept as they are: PostgreSQL's own compression took more time than all the rest of storing them."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Change how new events' bytes are kept; those of stored ones stay as they are, and are read alike."""
    op.execute("ALTER TABLE events ALTER COLUMN raw SET STORAGE EXTERNAL")
