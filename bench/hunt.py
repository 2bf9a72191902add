"""How fast stored history is hunted, on what `make seed` stored: each rule of hunt_rules.yml over all events.

The last rule is the slowest that there is: its word stands in every event's bytes, so that every document is looked
through, and in no value. Exit 1 when a hunt takes longer than a minute for a million stored events.
"""

import argparse
import asyncio
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from bench.seed import HOME
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from app.detection.hunting import HuntResult, hunt
from app.detection.reading import read_rules
from app.main import open_service
from app.service import Service
from app.settings import Settings
from app.storage.private import stop_private_server

_RULES = Path(__file__).with_name("hunt_rules.yml")
_BAR = 60.0  # seconds for a million stored events
_SINCE, _UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Taken:
    """What a hunt took in seconds: on the clock, of this process's CPU, of all processes' while it ran."""

    result: HuntResult
    seconds: float
    cpu: float
    all_cpu: float


def main() -> None:
    """Hunt with each rule, print, and exit 1 when one takes too long."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=HOME)
    parser.add_argument("--database-url")
    parser.add_argument("--rule", default="", help="only the rules that have this in the title")
    asked = parser.parse_args()
    try:
        stored, taken = asyncio.run(_measure(asked.home, asked.database_url, asked.rule))
    finally:
        if asked.database_url is None:
            stop_private_server(asked.home)
    bar = _BAR * stored / 1e6
    console = Console(width=max(130, Console().width), highlight=False)
    console.print(_table(stored, taken, bar))
    sys.exit(any(each.seconds >= bar for each in taken))


async def _measure(home: Path, url: str | None, word: str) -> tuple[int, list[Taken]]:
    rules = read_rules([_RULES], {})
    settings = Settings(home=home, database_url=SecretStr(url) if url else None, keyring=None)
    async with open_service(settings) as service:
        async with service.engine.connect() as connection:
            found = await connection.exec_driver_sql("SELECT count(*) FROM event_facts")
            stored = int(found.scalar_one())
        wanted = [rule.id for rule in rules.rules.values() if word.lower() in rule.title.lower()]
        return stored, [await _timed(service, each) for each in wanted]


async def _timed(service: Service, rule_id: str) -> Taken:
    rules = read_rules([_RULES], {})
    began, cpu, all_cpu = time.perf_counter(), time.process_time(), _busy()
    result = await hunt(service, rules, rules.rules[rule_id], _SINCE, _UNTIL, lambda _: None)
    return Taken(result, time.perf_counter() - began, time.process_time() - cpu, _busy() - all_cpu)


def _busy() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice)


def _table(stored: int, taken: list[Taken], bar: float) -> Table:
    title = f"Hunts through {stored:,} stored events, on {os.cpu_count()} cores; CPU in seconds"
    shown = Table(title=title, title_justify="left", box=None)
    for name in ("rule", "judged", "found", "seconds", "stored/s", "CPU", "CPU of all processes", ""):
        shown.add_column(name, justify="left" if name in {"rule", ""} else "right")
    for each in taken:
        numbers = (f"{each.result.events_judged:,}", f"{each.result.matches:,}", f"{each.seconds:.1f}")
        cpu = (f"{stored / each.seconds:,.0f}", f"{each.cpu:.1f}", f"{each.all_cpu:.1f}")
        verdict = f"{'under' if each.seconds < bar else 'over'} {bar:.0f} s"
        shown.add_row(each.result.rule_title, *numbers, *cpu, verdict)
    return shown


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
