"""Who writes alerts waits for others who write about the same operation, and for changes of suppressions."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.arrays import number_array

# The spaces of locks: operations by their keys' buckets, and suppressions as a whole.
_OPERATIONS, _SUPPRESSIONS = 5_001, 5_002
# So many are held at most, by all transactions together: the server has room for some thousands.
_BUCKETS = 2_048
_HOLD = text(
    """
    SELECT pg_advisory_xact_lock_shared(:suppressions, 0)
    UNION ALL
    SELECT pg_advisory_xact_lock(:operations, bucket) FROM unnest(CAST(:buckets AS int[])) AS bucket
    """
)


async def hold_alerting(connection: AsyncConnection, operations: Collection[bytes] = ()) -> None:
    """Hold off, until the transaction's end, others who write alerts about these operations, and new suppressions.

    Before anything about alerts is read or written in the transaction.
    """
    buckets = sorted({int.from_bytes(key[:4]) % _BUCKETS for key in operations})  # one order: no waiting in a circle
    await connection.execute(
        _HOLD, {"suppressions": _SUPPRESSIONS, "operations": _OPERATIONS, "buckets": number_array(buckets)}
    )


async def hold_suppressions(connection: AsyncConnection) -> None:
    """Hold off, until the transaction's end, all who write alerts, before suppressions change: none is missed."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:space, 0)"), {"space": _SUPPRESSIONS})
