"""The records of one operation are found by what they have in common, not among all that happened at a resource."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Index narrow rows by place and correlation id together (their digest, as ids may be long), and time."""
    op.execute(
        "CREATE INDEX event_facts_by_operation ON event_facts "
        "(CAST(md5(place || ' ' || correlation_id) AS uuid), (event_time AT TIME ZONE 'UTC'))"
    )
