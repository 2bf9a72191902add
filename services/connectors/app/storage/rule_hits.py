"""How many alerts each rule made on which day."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Date, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.detection_tables import alerts

DAYS = 30

Days = Mapping[date, int]


async def hits_by_day(
    connection: AsyncConnection, now: datetime, rule_id: str | None = None
) -> dict[str, dict[date, int]]:
    """Return how many alerts each rule made on each of the last 30 days (UTC), by the day of their first event.

    rule_id: only of this rule. What another alert tells too does not count; what is suppressed does.
    """
    day = cast(func.timezone("UTC", alerts.c.first_time), Date)
    query = (
        select(alerts.c.rule_id, day.label("day"), func.count().label("hits"))
        .where(alerts.c.first_time >= first_day(now), alerts.c.superseded_by.is_(None))
        .group_by(alerts.c.rule_id, day)
    )
    if rule_id is not None:
        query = query.where(alerts.c.rule_id == rule_id)
    found: dict[str, dict[date, int]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.rule_id, {})[row.day] = row.hits
    return found


def first_day(now: datetime) -> datetime:
    """Return where the first of the 30 days begins."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=DAYS - 1)


def counted(days: Days, now: datetime) -> tuple[int, ...]:
    """Return the numbers of 30 days, the last is today's."""
    first = first_day(now).date()
    return tuple(days.get(first + timedelta(days=number), 0) for number in range(DAYS))
