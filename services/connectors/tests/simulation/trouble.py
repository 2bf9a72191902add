"""What goes wrong in a story: each kind of trouble is drawn by weight, happens at a time, and some of it ends later."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Protocol

from simulation.network import Network
from simulation.server import Server
from simulation.worker import Worker
from simulation.world import World

from simulator import faults
from simulator.faults import Fault


class Stage(Protocol):
    """What trouble can be made to."""

    rng: Random
    world: World
    network: Network
    server: Server
    workers: list[Worker]


@dataclass(frozen=True)
class Event:
    """Something that happens after so long a time."""

    after: timedelta
    what: str
    act: Callable[[], None]


def draw_troubles(stage: Stage, until: timedelta) -> tuple[list[Event], bool]:
    """Draw what goes wrong before a time, in order, and whether processes and connections are cut off in it."""
    cut_off = stage.rng.random() < _SHARE_CUT_OFF
    kinds, weights = zip(*(_KINDS + _CUTS if cut_off else _KINDS), strict=True)
    found: list[Event] = []
    for _ in range(stage.rng.randint(4, 12)):
        # Some of it at the very beginning: the first read is the longest one.
        after = max(timedelta(), stage.rng.uniform(-0.15, 1) * until)
        drawn = stage.rng.choices(kinds, weights)[0](stage)
        found += (Event(min(after + event.after, until), event.what, event.act) for event in drawn)
    return sorted(found, key=lambda event: event.after), cut_off


_NOW = timedelta()
_SHARE_CUT_OFF = 0.8


def _http(stage: Stage) -> Iterable[Event]:
    """Faults of single requests, a few in a row."""
    rng = stage.rng
    kind: faults.Kind = rng.choice(("activity", "activity", "activity", "token", "any"))
    many, skip = rng.choice((1, 1, 2, 3, 6, 12)), rng.choice((0, 0, 1, 2, 4))
    made: list[tuple[str, Fault]] = [
        ("resets", faults.reset(kind, count=many, skip=skip)),
        ("truncated", faults.truncated(kind, count=many, skip=skip)),
        ("malformed", faults.malformed(kind, count=min(many, 3), skip=skip)),
        ("html", faults.html(kind, rng.choice((200, 502, 403)), count=min(many, 3), skip=skip)),
        ("hangs", faults.hang(kind, rng.choice((10, 25, 90, 3_600)), count=min(many, 3), skip=skip)),
        ("drips", faults.drip(kind, rng.choice((0.01, 0.5)), 500, count=min(many, 3), skip=skip)),
        ("errors", faults.error(kind, rng.choice((408, 500, 502, 503, 504)), count=many, skip=skip)),
        ("429 storm", faults.throttled(kind, rng.choice((1, 10, 59, 120, 600)), count=many, skip=skip)),
        ("expired tokens", faults.expired_token(count=min(many, 3), skip=skip)),
    ]
    what, fault = rng.choice(made)
    yield _armed(stage, f"{what} of {kind} ({many} after {skip})", fault)


def _pages(stage: Stage) -> Iterable[Event]:
    rng = stage.rng
    many, skip = rng.choice((1, 1, 2, 8)), rng.choice((0, 0, 1, 2, 4))
    made = [
        ("looping link", faults.looping_link(skip=skip)),
        ("foreign link", faults.foreign_link(skip=skip)),
        ("duplicated pages", faults.duplicated_page(count=many, skip=skip)),
        ("empty pages", faults.empty_pages(many, skip=skip)),
    ]
    what, fault = rng.choice(made)
    yield _armed(stage, f"{what} ({many} after {skip})", fault)


def _armed(stage: Stage, what: str, fault: Fault) -> Event:
    return Event(_NOW, what, lambda: stage.world.cloud.faults.add(fault))


def _role(stage: Stage) -> Iterable[Event]:
    subscription, world = stage.rng.choice(stage.world.subscriptions), stage.world
    yield Event(_NOW, "role revoked", lambda: world.cloud.revoke(world.app, subscription))
    yield Event(_minutes(stage, 10, 90), "role restored", lambda: world.restore_role(subscription))


def _secret(stage: Stage) -> Iterable[Event]:
    yield Event(_NOW, "secret expired", stage.world.spoil_secret)
    yield Event(_minutes(stage, 10, 90), "secret restored", stage.world.restore_secret)


def _no_network(stage: Stage) -> Iterable[Event]:
    def down(*, state: bool) -> None:
        stage.network.down = state

    yield Event(_NOW, "network down", lambda: down(state=True))
    yield Event(_minutes(stage, 2, 60), "network up", lambda: down(state=False))


def _kill(stage: Stage) -> Iterable[Event]:
    rng = stage.rng
    worker, trip, after = rng.choice(stage.workers), rng.randint(1, 70), rng.random() < 0.5
    off = timedelta(minutes=rng.choice((0, 1, 20, 90)))

    def arm() -> None:
        worker.process.kill_at(trip, after=after)
        worker.off_after_death = off

    moment = "after" if after else "before"
    yield Event(_NOW, f"{worker.name} is to be killed {moment} round trip +{trip}, and off for {off}", arm)


def _restart(stage: Stage) -> Iterable[Event]:
    """The server ends all connections, in the middle of a worker's poll or while nothing happens."""
    worker, trip = stage.rng.choice(stage.workers), stage.rng.randint(1, 70)
    if stage.rng.random() < 0.3:
        yield Event(_NOW, "database restarts", stage.server.cut_all)
        return

    def arm() -> None:
        worker.process.lose_server_at(trip, stage.server.cut_all)

    yield Event(_NOW, f"database is to restart at {worker.name}'s round trip +{trip}", arm)


@dataclass
class _Outage:
    """The database is down until it is over; one whose beginning comes too late does not begin."""

    server: Server
    over: bool = False

    def begin(self) -> None:
        if not self.over:
            self.server.shut_doors()

    def end(self) -> None:
        self.over = True
        self.server.open_doors()


def _down(stage: Stage) -> Iterable[Event]:
    worker, trip, outage = stage.rng.choice(stage.workers), stage.rng.randint(1, 70), _Outage(stage.server)

    def arm() -> None:
        worker.process.lose_server_at(trip, outage.begin)

    yield Event(_NOW, f"database is to go down at {worker.name}'s round trip +{trip}", arm)
    yield Event(_minutes(stage, 15, 45), "database up", outage.end)


def _off(stage: Stage) -> Iterable[Event]:
    worker, long = stage.rng.choice(stage.workers), _minutes(stage, 20, 180)
    yield Event(_NOW, f"{worker.name} off for {long}", lambda: worker.sleep(long))


def _minutes(stage: Stage, least: int, most: int) -> timedelta:
    return timedelta(minutes=stage.rng.randint(least, most))


_Kinds = tuple[tuple[Callable[[Stage], Iterable[Event]], int], ...]
_KINDS: _Kinds = ((_http, 40), (_pages, 20), (_role, 4), (_secret, 4), (_no_network, 4), (_off, 8))
_CUTS: _Kinds = ((_kill, 16), (_restart, 10), (_down, 3))
