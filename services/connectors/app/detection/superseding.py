"""The severity table says that an operation matters; where a rule says why, its alert is the one in the queue."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Severity
from app.storage.alerts import supersede
from app.storage.alerts_of_operations import OfOperation, read_of_operations


async def supersede_severities(connection: AsyncConnection, operations: Sequence[bytes], now: datetime) -> None:
    """Supersede the severity table's alerts about operations by the gravest event rule's about the same operation."""
    by_operation: dict[bytes, list[OfOperation]] = {}
    for alert in await read_of_operations(connection, operations):
        by_operation.setdefault(alert.operation, []).append(alert)
    by: dict[UUID, UUID | None] = {}
    for found in by_operation.values():
        best = max(
            (alert for alert in found if alert.kind == "event"),
            key=lambda alert: (Severity(alert.severity).rank, alert.rule_id),
            default=None,
        )
        by |= {alert.id: best.id for alert in found if alert.kind == "severity" and best is not None}
    await supersede(connection, by, now)
