"""Which alerts are out of the queue because somebody said so: by rule and entity, until a time."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# The first lock's spaces: operations by their keys' buckets, and suppressions as a whole.
_OPERATIONS, _SUPPRESSIONS = 5_001, 5_002
# So many locks are held at most by all transactions together; the server has some thousands.
_BUCKETS = 2_048

_JUDGE = """
    WITH judged AS (
        SELECT alerts.id, (
            SELECT suppressions.id FROM suppressions
            WHERE suppressions.removed_at IS NULL
              AND (suppressions.rule_id IS NULL OR suppressions.rule_id = alerts.rule_id)
              AND (suppressions.kind IS NULL OR EXISTS (
                  SELECT 1 FROM alert_entities
                  WHERE alert_entities.alert_id = alerts.id AND alert_entities.kind = suppressions.kind
                    AND md5(alert_entities.value) = md5(suppressions.value)))
              AND alerts.first_time <= suppressions.until
              AND (alerts.status <> 'closed' OR alerts.suppressed_by = suppressions.id)
            ORDER BY suppressions.created_at, suppressions.id LIMIT 1
        ) AS suppression
        FROM alerts WHERE {which} ORDER BY alerts.id FOR UPDATE OF alerts
    )
    UPDATE alerts SET suppressed_by = judged.suppression FROM judged
    WHERE alerts.id = judged.id AND alerts.suppressed_by IS DISTINCT FROM judged.suppression
    RETURNING alerts.id, alerts.suppressed_by
"""
_OF_THESE = text(_JUDGE.format(which="alerts.id = ANY(CAST(:ids AS uuid[]))"))
_OF_SUPPRESSION = text(
    _JUDGE.format(
        which="""alerts.suppressed_by = :suppression OR EXISTS (
            SELECT 1 FROM suppressions AS one
            WHERE one.id = :suppression AND (one.rule_id IS NULL OR one.rule_id = alerts.rule_id)
              AND alerts.first_time <= one.until AND alerts.status <> 'closed'
              AND (one.kind IS NULL OR alerts.id IN (
                  SELECT alert_entities.alert_id FROM alert_entities
                  WHERE alert_entities.kind = one.kind AND md5(alert_entities.value) = md5(one.value))))"""
    )
)


async def hold_alerting(connection: AsyncConnection, operations: Sequence[bytes] = ()) -> None:
    """Hold off, until the transaction's end, others who write alerts about these operations, and new suppressions.

    Before anything about alerts is read or written in the transaction.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock_shared(:space, 0)"), {"space": _SUPPRESSIONS})
    buckets = sorted({int.from_bytes(key[:4]) % _BUCKETS for key in operations})  # one order: no waiting in a circle
    if buckets:
        held = text("SELECT pg_advisory_xact_lock(:space, bucket) FROM unnest(CAST(:buckets AS int[])) AS bucket")
        await connection.execute(held, {"space": _OPERATIONS, "buckets": buckets})


async def hold_suppressions(connection: AsyncConnection) -> None:
    """Hold off, until the transaction's end, all who write alerts, before suppressions change: none is missed."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:space, 0)"), {"space": _SUPPRESSIONS})


async def apply_suppressions(
    connection: AsyncConnection, alert_ids: Sequence[UUID] | None = None, suppression_id: UUID | None = None
) -> dict[UUID, UUID | None]:
    """Judge again by which suppression alerts are out of the queue; return those that changed, by id.

    Either of these alerts, or of all that a suppression is or may be about (after it was made or removed). An alert is
    suppressed by the earliest that is not removed, whose rule (or any) and entity (or any) are the alert's, and whose
    `until` is not before the alert's first time. An alert that is closed is not suppressed any more.
    """
    if alert_ids is not None:
        rows = await connection.execute(_OF_THESE, {"ids": f"{{{','.join(each.hex for each in alert_ids)}}}"})
    else:
        rows = await connection.execute(_OF_SUPPRESSION, {"suppression": suppression_id})
    return {row.id: row.suppressed_by for row in rows}
