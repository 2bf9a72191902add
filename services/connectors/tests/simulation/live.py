"""A real `aisoc serve` under fire: events that arrive while it reads, in small pages, and what must hold at the end."""

import json
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
from simulation.world import moment
from support import wait_until

from simulator import faults
from simulator.events import EventFactory
from simulator.routine import everyday

_HISTORY = timedelta(hours=1)


class Fire:
    """A subscription where things keep happening, and the database of a service that reads it."""

    def __init__(self, lab: Any, database_url: str, rng: Random, *, lasts: timedelta) -> None:
        self._lab, self._url, self._rng = lab, database_url, rng
        self.last_shown = datetime.now(UTC)
        lab.cloud.throttle.enabled = False  # small pages are many requests
        lab.cloud.paging.page_size = 4
        lab.cloud.faults.add(faults.hang(seconds=0.03, count=None))  # a poll lasts long enough to be met
        lab.cloud.paging.shuffled = True
        self._publish(100, datetime.now(UTC) - _HISTORY, datetime.now(UTC))
        self._publish(50, datetime.now(UTC), datetime.now(UTC) + lasts)

    def poll_now(self) -> None:
        """Make the connector due, as `aisoc connectors enable` does."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("UPDATE connectors SET next_poll_at = now()")

    def in_a_poll(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until the service has begun to read, and then for a moment of chance within the reading."""
        before = self.requests
        wait_until(lambda: self.requests > before or process.poll() is not None)
        more = self._rng.randint(0, 60)
        wait_until(lambda: self.requests > before + more or self.is_idle())

    @property
    def requests(self) -> int:
        return len(self._lab.cloud.journal.of("activity"))

    def is_idle(self) -> bool:
        return not self.rows("SELECT 1 FROM polls WHERE finished_at IS NULL")

    def settle(self, process: "subprocess.Popen[bytes]") -> None:
        """Let the last events arrive and be read, and the service stop."""
        wait_until(lambda: datetime.now(UTC) > self.last_shown)
        self.poll_now()
        wait_until(lambda: self.shown() == self.stored())
        wait_until(self.is_idle)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    def shown(self) -> set[str]:
        """Return the ids of all events that the cloud shows now, reads left out."""
        log = self._lab.cloud.subscriptions[self._lab.subscription].log
        bodies = (json.loads(entry.event.body) for entry in log.newest_first(0, (1 << 62, 0)))
        visible = set(self._lab.cloud.visible(self._lab.subscription, datetime.now(UTC) - 2 * _HISTORY))
        return {
            body["id"].lower()
            for body in bodies
            if body["eventDataId"] in visible and not body["operationName"]["value"].lower().endswith("/read")
        }

    def stored(self) -> set[str]:
        found = [external_id for (external_id,) in self.rows("SELECT lower(external_id) FROM events")]
        assert len(found) == len(set(found)), "an event is stored twice"
        return set(found)

    def endings(self) -> set[str | None]:
        """Return how polls ended: None for complete ones, else the code."""
        return {code for (code,) in self.rows("SELECT DISTINCT error->>'code' FROM polls")}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(query).fetchall()

    def _publish(self, operations: int, begin: datetime, end: datetime) -> None:
        lab = self._lab
        make = EventFactory(self._rng, lab.tenant, lab.subscription, lag=_lag)
        for _ in range(operations):
            events = everyday(make, begin + self._rng.random() * (end - begin))
            lab.publish(events)
            self.last_shown = max(self.last_shown, *(moment(event["submissionTimestamp"]) for event in events))


def _lag(rng: Random) -> float:
    return rng.uniform(0.2, 3)
