"""What the overview reads: everything in a few queries, some side by side."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.console.attention import Around, Attention, Watched, attention
from app.console.connector_words import ALARMING
from app.console.watching import midnight_of, read_watched
from app.detection.alerts import count_alerts
from app.events.event import Severity
from app.search.language import parse
from app.service import Service
from app.storage.alert_queries import AlertCounts
from app.storage.collecting import late_since, somebody_collects
from app.storage.figures import Histogram, Top, histogram, top_values
from app.storage.search import StoredEvent, find_page
from app.storage.totals import count_quarantined

DAY = "24h"
WEEK = "7d"
_LATEST = 8
_MOST_FREQUENT = 6


@dataclass(frozen=True)
class Collection:
    """How collecting stands. late: events of the last 24 hours that came late and were recovered."""

    watched: tuple[Watched, ...]
    around: Around
    late: int
    needed: tuple[Attention, ...]

    @property
    def enabled(self) -> tuple[Watched, ...]:
        """The connectors that are not paused."""
        return tuple(each for each in self.watched if each.row.enabled)

    @property
    def healthy(self) -> int:
        """How many of the enabled ones are healthy."""
        return sum(each.standing.health.state == "healthy" for each in self.enabled)

    @property
    def covered_until(self) -> datetime | None:
        """Up to where all enabled connectors have read; None when one has read nothing, or there is none."""
        ends = [each.standing.health.covered_until for each in self.enabled]
        return min((end for end in ends if end), default=None) if all(ends) else None


@dataclass(frozen=True)
class Activity:
    """What happened in the last 24 hours, and over the time that is shown."""

    shown: Histogram
    today: Mapping[Severity, int]
    actors: tuple[Top, ...]
    operations: tuple[Top, ...]
    alarms: tuple[StoredEvent, ...]

    @property
    def events_today(self) -> int:
        """How many events happened today (UTC)."""
        return sum(self.today.values())

    @property
    def alarming_today(self) -> int:
        """How many of them are high or critical."""
        return sum(self.today.get(severity, 0) for severity in ALARMING)


@dataclass(frozen=True)
class Overview:
    """All that the overview shows. alerts: the open ones."""

    now: datetime
    collection: Collection
    activity: Activity
    alerts: AlertCounts


async def read_overview(service: Service, shown: str = DAY) -> Overview:
    """Read what the overview shows. shown: the age up to which the chart goes back, as `24h`.

    Raises Retry (search_too_slow).
    """
    now = service.clock.now()
    async with asyncio.TaskGroup() as queries:
        day = queries.create_task(_histogram(service, DAY, now))
        week = None if shown == DAY else queries.create_task(_histogram(service, shown, now))
        frequent = queries.create_task(_frequent(service, now))
        standing = queries.create_task(_standing(service, now))
        alerts = queries.create_task(count_alerts(service))
    actors, operations, alarms = frequent.result()
    hours = day.result()
    watched, collecting, quarantined, late = standing.result()
    around = Around(collecting, _counts(hours, hours.since), quarantined)
    activity = Activity(
        week.result() if week else hours, _counts(hours, midnight_of(now)), tuple(actors), tuple(operations), alarms
    )
    needed = tuple(attention(watched, around, now))
    return Overview(now, Collection(tuple(watched), around, late, needed), activity, alerts.result())


async def _histogram(service: Service, age: str, now: datetime) -> Histogram:
    async with service.engine.connect() as connection:
        return await histogram(connection, parse(f"since:{age}", now), now)


async def _frequent(service: Service, now: datetime) -> tuple[list[Top], list[Top], tuple[StoredEvent, ...]]:
    search = parse(f"since:{DAY}", now)
    async with service.engine.connect() as connection:
        actors = await top_values(connection, search, "actor", _MOST_FREQUENT)
        operations = await top_values(connection, search, "operation", _MOST_FREQUENT)
        return actors, operations, await _alarms(connection, now)


async def _alarms(connection: AsyncConnection, now: datetime) -> tuple[StoredEvent, ...]:
    """Return the latest events that are high or critical of the last week."""
    return (await find_page(connection, parse("severity>=high since:7d", now), limit=_LATEST)).events


async def _standing(service: Service, now: datetime) -> tuple[list[Watched], bool, int, int]:
    async with service.engine.connect() as connection:
        late = await late_since(connection, now - timedelta(days=1))
        return (
            await read_watched(connection, now),
            await somebody_collects(connection),
            await count_quarantined(connection),
            sum(late.values()),
        )


def _counts(hours: Histogram, since: datetime) -> dict[Severity, int]:
    """Return the events of each severity in the bars from a time on; bars of a day begin at midnight too."""
    bars = [bar for bar in hours.bars if bar.at >= since]
    return {severity: sum(bar.counts.get(severity, 0) for bar in bars) for severity in Severity}
