"""What the product tells of a connector's coverage and health, in the words that the oracle checks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.collection.health import read_standing
from app.service import Service
from app.storage.connectors import find_connector


@dataclass(frozen=True)
class Told:
    """`covered_until`: read completely up to there; `settled_until`: and no late event is expected before it.

    allowed: what may be missing while it says healthy: the time of an interval and an overlap.
    """

    state: str
    allowed: timedelta
    covered_until: datetime | None = None
    settled_until: datetime | None = None


async def ask(service: Service, name: str) -> Told:
    """Ask the product about a connector, as `aisoc connectors list` does."""
    async with service.engine.connect() as connection:
        row = await find_connector(connection, name)
        standing = await read_standing(connection, row, service.clock.now())
    interval = timedelta(seconds=row.config["poll_interval_seconds"])
    health = standing.health
    return Told(health.state, interval + standing.ledger.widths.overlap, health.covered_until, health.settled_until)
