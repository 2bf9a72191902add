"""The severity table says that an operation matters; where a rule says why, its alert is the one in the queue."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.alerts import read_of_operations, supersede


async def supersede_severities(connection: AsyncConnection, operations: Collection[bytes], now: datetime) -> None:
    """Supersede the severity table's alerts about operations by the gravest event rule's about the same operation."""
    if not operations:
        return
    by_operation: dict[bytes, list[Row[Any]]] = {}
    for alert in await read_of_operations(connection, operations):
        by_operation.setdefault(alert.operation, []).append(alert)
    by: dict[UUID, UUID | None] = {}
    for found in by_operation.values():
        best = max(
            (alert for alert in found if alert.kind == "event"),
            key=lambda alert: (alert.severity.rank, alert.rule_id),
            default=None,
        )
        by |= {alert.id: best.id for alert in found if alert.kind == "severity" and best is not None}
    await supersede(connection, by, now)
