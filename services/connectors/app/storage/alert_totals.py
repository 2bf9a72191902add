"""Numbers about all alerts and hunts at once, for metrics."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.alert_filter import AlertFilter, condition_of
from app.storage.detection_tables import alerts, hunts


@dataclass(frozen=True)
class AlertTotals:
    """made: alerts ever made by severity; waiting: those in the queue now by severity and status; hunts: by state."""

    made: dict[str, int]
    waiting: dict[tuple[str, str], int]
    hunts: dict[str, int]


async def read_alert_totals(connection: AsyncConnection) -> AlertTotals:
    """Return the numbers; those that are zero are left out."""
    columns, number = alerts.c, func.count()
    made = select(columns.severity, number).group_by(columns.severity)
    waiting = select(columns.severity, columns.status, number).where(condition_of(AlertFilter()))
    states = select(hunts.c.state, number).group_by(hunts.c.state)
    by_both = waiting.group_by(columns.severity, columns.status)
    return AlertTotals(
        {row[0]: row[1] for row in await connection.execute(made)},
        {(row[0], row[1]): row[2] for row in await connection.execute(by_both)},
        {row[0]: row[1] for row in await connection.execute(states)},
    )
