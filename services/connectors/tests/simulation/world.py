"""The cloud of a story, with everything that happens in it published beforehand: each event shows when its time comes.

What it ever shows is known here apart from the product, which is what makes it an oracle.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from app.clock import VirtualClock
from simulator import App, Cloud
from simulator.event_log import rendered
from simulator.events import EventFactory
from simulator.routine import everyday
from simulator.ticks import from_iso

BEGIN = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
SECRET = "the-canary~secret-value-of-the-simulation"
PROMPT = timedelta(seconds=30)
LATEST = timedelta(minutes=60)
LOOKBACK_HOURS = 2
_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
# Two reads of one event may spell its id in another letter case.
_SPELLED_ANEW = 0.03


@dataclass
class Published:
    """One event of the cloud: its `id` in lower case, when it happened, when it can be read, its bytes as shown."""

    event_id: str
    at: datetime
    readable: datetime
    bodies: set[bytes]

    @property
    def lag(self) -> timedelta:
        return self.readable - self.at

    @property
    def prompt(self) -> bool:
        return self.lag <= PROMPT


class World:
    """A tenant with an app and two subscriptions, whose events are drawn from the seed."""

    def __init__(self, rng: Random, until: timedelta, subscriptions: int) -> None:
        self.rng = rng
        self.clock = VirtualClock(BEGIN)
        self.cloud = Cloud(clock=self.clock.now, seed=rng.getrandbits(64))
        self._draw_paging()
        self.tenant = self.cloud.add_tenant()
        self.app: App = self.cloud.add_app(self.tenant, secret=SECRET)
        self.subscriptions = [self.cloud.add_subscription(self.tenant) for _ in range(subscriptions)]
        self.published: dict[str, list[Published]] = {}
        self._tail = rng.choice((0.05, 0.15, 0.3))
        for subscription in self.subscriptions:
            self.restore_role(subscription)
            self.published[subscription] = self._publish(subscription, until)

    def config(self, subscription: str, **changes: Any) -> str:
        """Return a connector's configuration for a subscription."""
        fields = {
            "tenant_id": self.tenant,
            "client_id": self.app.client_id,
            "client_secret": SECRET,
            "subscription_id": subscription,
            "cloud": "Simulated",
            "initial_lookback_hours": LOOKBACK_HOURS,
        }
        return json.dumps(fields | changes)

    def restore_role(self, subscription: str) -> None:
        self.cloud.grant(self.app, subscription, "Reader")

    def spoil_secret(self) -> None:
        self.cloud.add_secret(self.app, SECRET, expires=self.clock.now())

    def restore_secret(self) -> None:
        self.cloud.add_secret(self.app, SECRET)

    def _draw_paging(self) -> None:
        paging = self.cloud.paging
        paging.page_size = self.rng.choice((8, 25, 60))
        paging.empty_share = self.rng.choice((0, 0.05, 0.2))
        paging.shuffled = self.rng.random() < 0.5
        if self.rng.random() < 0.2:
            self.cloud.throttle.capacity, self.cloud.throttle.refill_per_second = 12, 0.2

    def _publish(self, subscription: str, until: timedelta) -> list[Published]:
        """Publish what happens from shortly after the lookback's begin on; reads among it are dropped by design."""
        begin = BEGIN - timedelta(hours=LOOKBACK_HOURS) + timedelta(minutes=10)
        found: dict[str, Published] = {}
        for event in self._events(subscription, begin, BEGIN + until):
            ready = rendered(event)
            self.cloud.publish(subscription, [ready])
            if event["operationName"]["value"].lower().endswith("/read"):
                continue
            known = found.setdefault(event["id"].lower(), _published(event))
            known.bodies.add(ready.body)
        return sorted(found.values(), key=lambda event: event.at)

    def _events(self, subscription: str, begin: datetime, end: datetime) -> Iterator[dict[str, Any]]:
        make = EventFactory(self.rng, self.tenant, subscription, lag=self._lag)
        at = begin
        while at < end:
            at += timedelta(seconds=self.rng.expovariate(1 / 300))
            for _ in range(self.rng.choice((1, 1, 1, 1, 4))):
                for event in everyday(make, at):
                    yield event
                    if self.rng.random() < _SPELLED_ANEW:
                        yield event | {"id": event["id"].upper(), "eventDataId": event["eventDataId"].upper()}

    def _lag(self, rng: Random) -> float:
        """Draw an event's lag: mostly prompt, a tail of minutes, and some nearly an hour."""
        draw = rng.random()
        if draw < self._tail / 3:
            return rng.uniform(1_200, LATEST.total_seconds())
        return rng.uniform(30, 1_200) if draw < self._tail else rng.uniform(1, PROMPT.total_seconds())


def _published(event: dict[str, Any]) -> Published:
    return Published(event["id"].lower(), moment(event["eventTimestamp"]), moment(event["submissionTimestamp"]), set())


def moment(text: str) -> datetime:
    """Return a time of the simulator's, with the microseconds that a datetime holds."""
    return _YEAR_ONE + timedelta(microseconds=from_iso(text) // 10)
