"""Fills a private database with a million realistic events of 90 days, to measure searches on and to look at.

Each day's events are the same whenever it is made, and the store keeps each event once: a run that was stopped goes on
where it was, and another run adds only what is missing.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby, islice
from multiprocessing import get_context
from operator import itemgetter
from pathlib import Path

from bench.organisation import Organisation
from pydantic import SecretStr
from rich.progress import Progress
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.clock import SystemClock
from app.collection.intake import sort_records
from app.connectors import get_connector
from app.settings import Settings
from app.storage.database import open_database
from app.storage.dimensions import facts
from app.storage.events import store_events
from app.storage.private import stop_private_server
from simulator.wire import compact

HOME = Path(".seed")
_DAYS = 90
_PAGE = 2_000


@asynccontextmanager
async def seeded(home: Path, url: str | None) -> AsyncIterator[AsyncEngine]:
    """Open the database that holds the seeded events."""
    async with open_database(Settings(home=home, database_url=SecretStr(url) if url else None)) as engine:
        yield engine


def main() -> None:
    """Seed and say how many events there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, default=HOME, help="the private database's folder; never a real store")
    parser.add_argument("--database-url", help="a PostgreSQL to use instead; never a real store")
    asked = parser.parse_args()
    now = SystemClock().now()
    days = [now.date() - timedelta(days=number) for number in range(_DAYS + 1)]
    try:
        asyncio.run(_seed(asked.home, asked.database_url, days, -(-asked.events // _DAYS), now))
    finally:
        if asked.database_url is None:
            stop_private_server(asked.home)


async def _seed(home: Path, url: str | None, days: list[date], events: int, now: datetime) -> None:
    async with seeded(home, url) as engine:
        work = partial(_fill, home, url, events, now)
        # A process of its own each: a fork would share this one's connections.
        pool = ProcessPoolExecutor(min(os.cpu_count() or 1, 4), mp_context=get_context("spawn"))
        with pool, Progress() as progress:
            task = progress.add_task("Events", total=events * _DAYS)
            for done in as_completed([pool.submit(work, day) for day in days]):
                progress.advance(task, await asyncio.to_thread(done.result))
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE"))
            stored = (await connection.execute(select(func.count()).select_from(facts))).scalar_one()
    sys.stdout.write(f"{stored:,} events are stored.\n")


def _fill(home: Path, url: str | None, events: int, now: datetime, day: date) -> int:
    """Store a day's events that happened until now, unless they are stored already; return how many those are."""
    return asyncio.run(_fill_day(home, url, events, now, day))


async def _fill_day(home: Path, url: str | None, events: int, now: datetime, day: date) -> int:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    whole = select(func.count()).where(facts.c.event_time >= begin, facts.c.event_time < begin + timedelta(days=1))
    async with seeded(home, url) as engine:
        async with engine.connect() as connection:
            stored = int((await connection.execute(whole)).scalar_one())
        if stored >= events:
            return stored
        made = 0
        for page in _pages(day, events, now):
            for connector, raws in page:
                intake = sort_records(get_connector("azure_activity"), raws)
                async with engine.begin() as connection:
                    await store_events(connection, connector, intake.events)
                made += len(raws)
        return made


def _pages(day: date, events: int, now: datetime) -> Iterator[list[tuple[str, list[bytes]]]]:
    """Yield the records of a day until now, by connector."""
    until = now.isoformat()
    records = (
        (connector, compact(event))
        for connector, event in Organisation().day(day, events)
        if event["eventTimestamp"] < until
    )
    while page := list(islice(records, _PAGE)):
        ordered = groupby(sorted(page, key=itemgetter(0)), key=itemgetter(0))
        yield [(connector, [raw for _, raw in found]) for connector, found in ordered]


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
