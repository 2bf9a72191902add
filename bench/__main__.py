"""How fast events are collected, what it costs, and whether that grows: one run, everything side by side over TLS.

(a) our whole pipeline: the poll as the service runs it, from the sign-in to the durable checkpoint in PostgreSQL;
(b) azure-mgmt-monitor's `activity_logs.list`, its models iterated and dropped;
(c) the ceiling: the connector's own fetch and JSON decoding of each record, nothing more.

Each measurement is a process of its own against one simulated cloud, which is another one and has rendered its events
beforehand. The three take turns, so that a machine's moods meet all of them; of several rounds the median counts.
Events a second mean something on this machine only; the ratios, the last two lines, mean something elsewhere too. They
compare the largest number of events measured, where starting up weighs least.

Rules are measured with the whole pipeline on an invented organisation's events: without any, with the shipped ones, and
with 300 that are made of these. The same rules have judged its hours before, as nothing is seen first on a second day.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.cloud import BEFORE, REALISTIC, Lab, running
from bench.measure import Cost, Task, measure
from bench.rules import rule_folders
from bench.stores import Server, multiply, server
from rich.console import Console
from rich.table import Table

_WAYS = {"a": "(a) whole pipeline", "b": "(b) azure-mgmt-monitor", "c": "(c) fetch and decode"}
_SMALL, _LARGE, _NEW = 20_000, 100_000, "new"
_GROWTH = 10  # times as many events are stored already
_ROUNDS = 3
_SPENT_BAR = 0.25  # of the events a second, by many rules


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, help="a quick run with so many events, one round and no growth")
    quick: int | None = parser.parse_args().events
    rounds = {quick: 1} if quick else {_SMALL: _ROUNDS, _LARGE: _ROUNDS}
    console = Console(width=max(110, Console().width))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aisoc-bench-")))
        status = stack.enter_context(console.status("Starting the cloud and the database ..."))
        subscriptions = {str(size): size for size in rounds} | ({} if quick else {_NEW: _SMALL})
        subscriptions |= dict.fromkeys((BEFORE, REALISTIC), quick or _LARGE)
        lab = stack.enter_context(running(folder, subscriptions))
        bench = _Bench(lab, stack.enter_context(server(folder / "home")), status.update)
        costs = {size: bench.compare(size, count) for size, count in rounds.items()}
        judged = bench.rules(folder / "rules", 1 if quick else _ROUNDS)
        growth = None if quick else bench.growth()
    console.print(_table(costs))
    console.print(_rules_table(judged))
    if growth:
        console.print(f"CPU an event with {_SMALL:,} and with {_SMALL * _GROWTH:,} events stored already: {growth}")
    largest = costs[max(costs)]
    for other in ("b", "c"):
        console.print(f"(a)/({other}) = {_rate(largest['a']) / _rate(largest[other]):.2f}", highlight=False)


@dataclass
class _Bench:
    """Measures against one cloud and one database server; say: shows what is under way."""

    lab: Lab
    store: Server
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        self.store.create("empty")

    def compare(self, size: int, rounds: int) -> dict[str, Cost]:
        """Measure the three ways in turns, (b) once where it takes half a minute; return the median of each."""
        taken: dict[str, list[Cost]] = {way: [] for way in _WAYS}
        for turn in range(rounds):
            for way, costs in taken.items():
                if way == "b" and turn and size == _LARGE:
                    continue
                self.say(f"{_WAYS[way]}: {size:,} events, round {turn + 1} of {rounds} ...")
                costs.append(self._stored(str(size), "empty") if way == "a" else measure(self._task(way, str(size))))
        return {way: sorted(costs, key=_rate)[len(costs) // 2] for way, costs in taken.items()}

    def rules(self, folder: Path, rounds: int) -> dict[str, Cost]:
        """Measure the pipeline on an organisation's events without rules, with the shipped ones, and with many."""
        folders = rule_folders(folder)
        taken: dict[str, list[Cost]] = {name: [] for name in folders}
        for number, name in enumerate(folders):
            self.say(f"{name}, the hours before ...")
            self._store(BEFORE, f"before{number}", "empty", folders[name])
        for turn in range(rounds):
            for number, (name, costs) in enumerate(taken.items()):
                self.say(f"{name}, round {turn + 1} of {rounds} ...")
                costs.append(self._stored(REALISTIC, f"before{number}", folders[name]))
        return {name: sorted(costs, key=_rate)[len(costs) // 2] for name, costs in taken.items()}

    def growth(self) -> str:
        """Measure what storing the same new events costs with few and with many stored; return the growth."""
        self.say(f"Storing {_SMALL:,} and {_SMALL * _GROWTH:,} events ...")
        self._store(str(_SMALL), "few", "empty")
        multiply(self.store.create("many", "few"), _GROWTH - 1)
        taken: dict[str, list[float]] = {"few": [], "many": []}
        for turn in range(_ROUNDS):
            for template, costs in taken.items():
                self.say(f"{_SMALL:,} new events beside {template}, round {turn + 1} of {_ROUNDS} ...")
                cost = self._stored(_NEW, template)
                costs.append((cost.cpu + cost.server_cpu) / cost.events * 1e6)
        few, many = (median(costs) for costs in taken.values())
        return f"{few:.1f} and {many:.1f} microseconds, {many / few - 1:+.1%}"

    def _stored(self, subscription: str, template: str, rules: tuple[str, ...] | None = None) -> Cost:
        """Measure the pipeline into a copy of a database, and remove the copy."""
        cost = self._store(subscription, "run", template, rules)
        self.store.drop("run")
        return cost

    def _store(self, subscription: str, database: str, template: str, rules: tuple[str, ...] | None = None) -> Cost:
        return measure(self._task("a", subscription, self.store.create(database, template), rules))

    def _task(self, way: str, subscription: str, url: str = "", rules: tuple[str, ...] | None = None) -> Task:
        config, server = self.lab.config(subscription), self.store.pid if url else 0
        return Task(way, self.lab.pid, self.lab.clouds, config, str(self.store.home), url, server, rules)


def _rate(cost: Cost) -> float:
    return cost.events / cost.seconds


def _table(costs: dict[int, dict[str, Cost]]) -> Table:
    shown = Table(title="CPU in microseconds an event", title_justify="left", box=None)
    for name in ("", "events", "seconds", "events/s", "CPU", "of PostgreSQL", "of the cloud", "peak memory"):
        shown.add_column(name, justify="right" if name else "left")
    for taken in costs.values():
        for way, cost in taken.items():
            cpu = (f"{used / cost.events * 1e6:.1f}" for used in (cost.cpu, cost.server_cpu, cost.cloud_cpu))
            rate, memory = f"{_rate(cost):,.0f}", f"{cost.memory} MB"
            shown.add_row(_WAYS[way], f"{cost.events:,}", f"{cost.seconds:.2f}", rate, *cpu, memory)
    return shown


def _rules_table(costs: dict[str, Cost]) -> Table:
    """Return what rules cost on an organisation's events: the first way has none."""
    without = _rate(next(iter(costs.values())))
    shown = Table(title="\nRules, on an organisation's events", title_justify="left", box=None)
    for name in ("", "events", "seconds", "events/s", "CPU", "of PostgreSQL", "alerts", "spent"):
        shown.add_column(name, justify="right" if name else "left")
    for name, cost in costs.items():
        cpu = (f"{used / cost.events * 1e6:.1f}" for used in (cost.cpu, cost.server_cpu))
        spent = 1 - _rate(cost) / without
        verdict = "" if spent == 0 else f"{spent:.1%}, {'under' if spent < _SPENT_BAR else 'over'} {_SPENT_BAR:.0%}"
        rate = f"{_rate(cost):,.0f}"
        shown.add_row(name, f"{cost.events:,}", f"{cost.seconds:.2f}", rate, *cpu, f"{cost.alerts:,}", verdict)
    return shown


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
