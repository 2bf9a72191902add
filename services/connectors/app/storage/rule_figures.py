"""How many alerts each rule made lately, and how many of them wait."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.alert_filter import AlertFilter, condition_of
from app.storage.detection_tables import alerts


@dataclass(frozen=True)
class RuleFigures:
    """Of one rule. hits: its alerts since a time, but for those of which another says more; waiting: in the queue."""

    hits: int
    waiting: int
    last_hit: datetime | None


async def read_rule_figures(
    connection: AsyncConnection, since: datetime, rule_id: str | None = None
) -> dict[str, RuleFigures]:
    """Return the figures by rule id, of one rule or of all; rules without any are left out."""
    waits, counts = condition_of(AlertFilter()), alerts.c.first_time >= since
    query = (
        select(
            alerts.c.rule_id,
            func.count().filter(counts),
            func.count().filter(waits),
            func.max(alerts.c.last_time).filter(counts),
        )
        .where(or_(counts, waits), alerts.c.superseded_by.is_(None))
        .group_by(alerts.c.rule_id)
    )
    if rule_id is not None:
        query = query.where(alerts.c.rule_id == rule_id)
    return {row[0]: RuleFigures(*row[1:]) for row in await connection.execute(query)}
