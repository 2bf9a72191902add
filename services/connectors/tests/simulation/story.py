"""One seed, one story, the same each time: a cloud, one or two workers, hours under fire, then calm."""

import asyncio
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

from pydantic import SecretStr
from simulation.alerts import judge_alerts, write_rules
from simulation.clocks import SkewedClock
from simulation.network import ORIGINS, Network
from simulation.oracle import Oracle
from simulation.server import Server
from simulation.told import Told, ask
from simulation.trouble import draw_troubles
from simulation.worker import Host, Worker
from simulation.world import BEGIN, World
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from app.collection import manage
from app.collection.result import PollResult
from app.detection import rulebook
from app.errors import AisocError
from app.settings import Settings
from simulator.chance import seeded

_TICK = timedelta(seconds=5)
_LOOK = timedelta(minutes=20)
# After the fire: polls after a back-off, a sweep, an audit, a sweep; between them nobody works.
_AWAKE = timedelta(minutes=4)
_CALM = (timedelta(minutes=70), timedelta(minutes=16), timedelta(hours=25), timedelta(minutes=16))


class StoryError(AssertionError):
    """What the oracle found wrong."""


@dataclass
class Story:
    """A run of one seed. `log` is what happened, in the story's own time."""

    seed: int
    server: Server
    home: Path
    config: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = rng = seeded(self.seed)
        self.interval = timedelta(seconds=rng.choice((300, 450, 900)))
        self.fire = self.interval * rng.randint(6, 12)
        # Each connector's subscription: one connector, two on one subscription, or two on two.
        connectors = rng.choice((*({"one": 0},) * 4, {"one": 0, "two": 0}, {"one": 0, "two": 1}))
        self.world = World(rng, self.fire + timedelta(minutes=30), len(set(connectors.values())))
        self.clock = self.world.clock
        self.network = Network(self.world.cloud, self.clock, rng)
        settings = self._settings()
        names = ("A", "B")[: rng.choice((1, 1, 2))]
        self.workers = [Worker(name, settings, self.server, self.clock, rng) for name in names]
        self.observer = Host(settings, self.server, SkewedClock(self.clock, timedelta()), rng)
        self.watched = {name: self.world.subscriptions[place] for name, place in connectors.items()}
        self.events, self.cut_off = draw_troubles(self, self.fire)
        self.next_look = self.clock.now()
        self.told: dict[str, Told] = {}
        self.oracle = Oracle(self.server)

    def run(self) -> None:
        """Tell the story to its end. Raises StoryError at the first thing that is wrong."""
        self.server.clean()
        with self.network.installed(), capture_logs(), patch.object(rulebook, "shipped_rules", list):
            asyncio.run(self._tell())

    def found_wrong(self) -> str | None:
        """Tell the story and return what is wrong; whatever it is, the seed brings it back."""
        try:
            self.run()
        except StoryError as error:
            return str(error)
        except Exception:  # noqa: BLE001 - a product that breaks the story is as wrong as one that breaks its word
            return traceback.format_exc()
        return None

    async def _tell(self) -> None:
        try:
            await self._add_connectors()
            await self._pass_time(self.fire, _LOOK)
            self._calm()
            for pause in _CALM:
                for worker in self.workers:
                    worker.sleep(pause - _AWAKE)
                await self._pass_time(pause, pause / 3)
            self._judge_end()
            self._check(await judge_alerts(await self.observer.service()))
        finally:
            self.server.open_doors()
            for host in (*self.workers, self.observer):
                await host.stop()

    async def _pass_time(self, duration: timedelta, look: timedelta) -> None:
        """Let happen what happens in so long a time, at its time, and look after each turn and now and then."""
        end = self.clock.now() + duration
        while self.clock.now() < end:
            self._happen()
            before = len(self.log)
            for worker in self.workers:
                if worker.off_until <= self.clock.now() and self._due() <= worker.clock.now():
                    self._note_turn(worker.name, await worker.turn())
            if len(self.log) > before or self.clock.now() >= self.next_look:
                await self._look()
                self.next_look = self.clock.now() + look
            wait = min(end, self._next()) - self.clock.now()
            self.clock.advance(seconds=max(wait, _TICK).total_seconds())

    def _next(self) -> datetime:
        """Return when something is next to happen or to be looked at."""
        due = self._due()
        polls = [max(due - worker.clock.offset, worker.off_until) for worker in self.workers]
        return min(self.next_look, *polls, *(BEGIN + event.after for event in self.events[:1]))

    def _due(self) -> datetime:
        [(due,)] = self.server.rows("SELECT min(next_poll_at) FROM connectors")
        moment: datetime = due
        return moment

    def _happen(self) -> None:
        while self.events and BEGIN + self.events[0].after <= self.clock.now():
            event = self.events.pop(0)
            self._note(event.what)
            event.act()

    def _calm(self) -> None:
        """End the fire: what is still armed is taken away."""
        while self.events:
            self.events.pop(0).act()
        self.world.cloud.faults.clear()
        for worker in self.workers:
            worker.process.spare()
        self._note("calm")

    async def _look(self) -> None:
        """Compare what the product tells now with what is stored."""
        try:
            service = await self.observer.service()
            self.told = {name: await ask(service, name) for name in self.watched}
        except (DBAPIError, AisocError):
            await self.observer.stop()
            return
        stored = self.oracle.stored()
        for name, subscription in self.watched.items():
            events = self.world.published[subscription]
            self._check(self.oracle.judge_told(events, self.told[name], self.clock.now(), stored), name)

    def _judge_end(self) -> None:
        self._check(f"{name} did not recover: {told}" for name, told in self.told.items() if told.state != "healthy")
        shown = [
            event
            for subscription in dict.fromkeys(self.watched.values())
            for event in self.world.published[subscription]
        ]
        self._check(self.oracle.judge_end(shown, counted=not self.cut_off))
        self._check(f"a request to another host: {visit}" for visit in self.world.cloud.journal.of("elsewhere"))

    async def _add_connectors(self) -> None:
        service = await self.observer.service()
        for name, subscription in self.watched.items():
            seconds = int(self.interval.total_seconds())
            config = self.world.config(subscription, **{"poll_interval_seconds": seconds} | self.config)
            # Rows in the order of their ids draw the database's chance.
            with patch.object(manage, "uuid4", lambda: UUID(int=self.rng.getrandbits(128), version=4)):
                await manage.add_connector(service, "azure_activity", name, config)

    def _settings(self) -> Settings:
        clouds = self.home / "clouds.toml"
        hosts = ("authority", "resource_manager", "graph", "office_management")
        clouds.write_text("[clouds.Simulated]\n" + "".join(f'{host} = "{getattr(ORIGINS, host)}"\n' for host in hosts))
        rules = write_rules(self.home)
        url = SecretStr(self.server.url)
        return Settings(home=self.home, database_url=url, clouds=clouds, keyring=None, rules=(rules,))

    def _check(self, wrong: Iterable[str], about: str = "") -> None:
        found = list(wrong)
        if found:
            self._note(f"{about} {found[0]}".strip() + (f" (and {len(found) - 1} more)" if len(found) > 1 else ""))
            raise StoryError(self.log[-1])

    def _note_turn(self, name: str, told: list[PollResult | str]) -> None:
        for result in told:
            self._note(f"{name} {result if isinstance(result, str) else _brief(result)}")

    def _note(self, what: str) -> None:
        self.log.append(f"{_since_begin(self.clock.now())}  {what}")


def _since_begin(now: datetime) -> str:
    seconds = int((now - BEGIN).total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _brief(result: PollResult) -> str:
    outcome = "complete" if result.error is None else f"failed ({result.error['code']})"
    window = (
        f" from {_since_begin(result.window_since)} to {_since_begin(result.window_until)}"
        if result.window_since and result.window_until
        else ""
    )
    return (
        f"{result.tier} of {result.connector}{window}: {outcome}, {result.requests} requests, {result.pages} pages, "
        f"{result.events_added} of {result.events_read} added"
    )
