"""What the product tells of a connector's coverage and health, in the words that the oracle checks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.service import Service
from app.storage.connectors import find_connector, read_progress
from app.storage.polls import latest_polls


@dataclass(frozen=True)
class Told:
    """`covered_until`: read completely up to there; `settled_until`: and no late event is expected before it."""

    state: str
    covered_until: datetime | None = None
    settled_until: datetime | None = None


async def ask(service: Service, name: str) -> Told:
    """Ask the product about a connector."""
    async with service.engine.connect() as connection:
        row = await find_connector(connection, name)
        progress = await read_progress(connection, row.id, "activity")
        last = [poll for poll in await latest_polls(connection, row.id, 2) if poll["finished_at"]]
    if progress is None or not last or last[0]["error"] is not None:
        return Told("failing", progress.position if progress else None)
    allowed = timedelta(seconds=row.config["poll_interval_seconds"] + row.config["overlap_seconds"])
    healthy = progress.position >= service.clock.now() - allowed
    return Told("healthy" if healthy else "behind", progress.position)
