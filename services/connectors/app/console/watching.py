"""What overview and connectors read of the collection: how each connector stands, and its figures of today."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import iso
from app.collection.health import read_standings
from app.console.attention import Watched
from app.search.language import parse
from app.service import Service
from app.storage.collecting import late_since
from app.storage.connectors import list_connectors
from app.storage.figures import top_values

_MOST_CONNECTORS = 1000


@dataclass(frozen=True)
class Day:
    """What today (UTC) brought so far: events by the connector's name, late events by its id."""

    events: dict[str, int]
    late: dict[UUID, int]


async def read_watched(connection: AsyncConnection, now: datetime) -> list[Watched]:
    """Read how all connectors stand now."""
    rows = await list_connectors(connection)
    return [Watched(*both) for both in zip(rows, await read_standings(connection, rows, now), strict=True)]


async def read_day(connection: AsyncConnection, now: datetime) -> Day:
    """Read what today brought. Raises Retry (search_too_slow)."""
    midnight = midnight_of(now)
    top = await top_values(connection, parse(f"since:{iso(midnight)}", now), "connector", _MOST_CONNECTORS)
    return Day({one.value: one.count for one in top}, await late_since(connection, midnight))


async def read_connectors(service: Service) -> tuple[list[Watched], Day, datetime]:
    """Read all connectors, what today brought them, and the time at which that was read."""
    now = service.clock.now()
    async with service.engine.connect() as connection:
        return await read_watched(connection, now), await read_day(connection, now), now


def midnight_of(now: datetime) -> datetime:
    """Return where today began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def minute_of(now: datetime) -> datetime:
    """Return the last full minute, so that what is drawn by time does not change with each look."""
    return now - timedelta(seconds=now.second, microseconds=now.microsecond)
