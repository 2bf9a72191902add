"""How fast searches answer on what `make seed` stored: the lines of searches.txt, an overview, an events page.

The time is that of the whole way, from the typed text to the events in hand. First is a run with nothing warmed up by
itself; median and p95 are of the runs after it. Exit 1 when a median is over its bar.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from bench.seed import HOME, seeded
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from app.search.language import parse
from app.search.query import Search
from app.storage.conditions import resolve
from app.storage.figures import histogram, top_values
from app.storage.private import stop_private_server
from app.storage.search import count, find_page

_SEARCHES = Path(__file__).with_name("searches.txt")
_PAGE_BAR, _OVERVIEW_BAR = 0.2, 0.3
_PAGE_ROWS = 50
_COUNTED = 10_000


@dataclass(frozen=True)
class Taken:
    """What a search took, in seconds; the bar is None where there is none. rows: what is said of its size."""

    name: str
    rows: str
    first: float
    runs: tuple[float, ...]
    bar: float | None

    @property
    def over(self) -> bool:
        """Whether the median missed the bar."""
        return self.bar is not None and median(self.runs) >= self.bar


def main() -> None:
    """Measure, print, and exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=HOME)
    parser.add_argument("--database-url")
    parser.add_argument("--runs", type=int, default=7)
    asked = parser.parse_args()
    try:
        taken = asyncio.run(_measure(asked.home, asked.database_url, asked.runs))
    finally:
        if asked.database_url is None:
            stop_private_server(asked.home)
    console = Console(width=max(120, Console().width), highlight=False)
    console.print(_table(taken))
    missed = sum(each.over for each in taken)
    console.print(f"{missed} of {len(taken)} over the bar" if missed else f"all {len(taken)} under their bars")
    sys.exit(1 if missed else 0)


async def _measure(home: Path, url: str | None, runs: int) -> list[Taken]:
    lines = [line for line in _SEARCHES.read_text().splitlines() if line and not line.startswith("#")]
    async with seeded(home, url) as engine, engine.connect() as connection:
        newest = (await find_page(connection, Search(), limit=1)).events
        now = newest[0].event.event_time
        taken = [await _page(connection, line, now, runs) for line in lines]
        taken.append(await _timed("overview", "", lambda: _overview(connection, now), runs, _OVERVIEW_BAR))
        for span, bar in (("since:24h", _OVERVIEW_BAR), ("since:7d", _OVERVIEW_BAR), ("", None)):
            for words in ("", "severity>=medium", "delete"):
                line = f"{words} {span}".strip()
                work = _beside(connection, line, now)
                taken.append(await _timed(f"events page: {line or 'everything'}", "", work, runs, bar))
    return taken


async def _page(connection: AsyncConnection, line: str, now: datetime, runs: int) -> Taken:
    async def work() -> None:
        await find_page(connection, parse(line, now), limit=_PAGE_ROWS)

    taken = await _timed(line, "", work, runs, _PAGE_BAR)
    rows = await count(connection, parse(line, now), _COUNTED)
    return Taken(line, f"{rows:,}{'+' if rows == _COUNTED else ''}", taken.first, taken.runs, _PAGE_BAR)


async def _overview(connection: AsyncConnection, now: datetime) -> None:
    """Ask for what an overview shows."""
    day, week = parse("since:24h", now), parse("since:7d", now)
    await histogram(connection, day, now)
    await histogram(connection, week, now)
    for field in ("actor", "operation", "severity"):
        await top_values(connection, day, field)


def _beside(connection: AsyncConnection, line: str, now: datetime) -> Callable[[], Awaitable[None]]:
    """Return what asks for what stands beside a list of events."""

    async def work() -> None:
        search = await resolve(connection, parse(line, now))
        await histogram(connection, search, now)
        for field in ("actor", "operation", "resource"):
            await top_values(connection, search, field)

    return work


async def _timed(name: str, rows: str, work: Callable[[], Awaitable[None]], runs: int, bar: float | None) -> Taken:
    seconds = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        await work()
        seconds.append(time.perf_counter() - began)
    return Taken(name, rows, seconds[0], tuple(seconds[1:]), bar)


def _table(taken: list[Taken]) -> Table:
    shown = Table(title="Milliseconds", title_justify="left", box=None)
    for name in ("search", "rows", "first", "median", "p95", ""):
        shown.add_column(name, justify="left" if name in {"search", ""} else "right", overflow="fold")
    for each in taken:
        runs = sorted(each.runs)
        numbers = (each.first, median(runs), runs[round(0.95 * (len(runs) - 1))])
        verdict = "" if each.bar is None else f"over {each.bar * 1e3:.0f}" if each.over else "under"
        shown.add_row(each.name, each.rows, *(f"{number * 1e3:.1f}" for number in numbers), verdict)
    return shown


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
