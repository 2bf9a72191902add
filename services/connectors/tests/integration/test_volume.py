"""Many events: stored each once by one poll, in bounded memory, also when the poller is killed on its way."""

import random
import signal
import time
from datetime import timedelta

import psutil
import psycopg
import pytest

from simulator.scenario import bulk

EVENTS = 20_000
MEMORY_LIMIT = 250 << 20


def fill(lab, events):
    now = lab.clock.now()
    lab.cloud.throttle.enabled = False
    start, end = now - timedelta(hours=23), now - timedelta(minutes=10)
    lab.publish(bulk(random.Random(7), events, start, end, subscription=lab.subscription, tenant=lab.tenant))
    return len(lab.cloud.visible(lab.subscription, start - timedelta(hours=1)))


@pytest.fixture
def stored(database_url):
    """Return a function that counts the stored and dropped events and the distinct ids among them."""

    def count():
        with psycopg.connect(database_url) as connection:
            events = connection.execute("SELECT count(*), count(DISTINCT lower(external_id)) FROM events").fetchone()
            dropped = connection.execute("SELECT coalesce(max(events_dropped), 0) FROM polls").fetchone()
        return *events, dropped[0]

    return count


def peak_memory(process):
    """Return the most memory that a process held, in bytes, watching it to its end."""
    peak, watched = 0, psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    return peak


def test_20000_events_are_stored_each_once_by_one_poll_in_bounded_memory(aisoc, live_lab, added, stored):
    shown = fill(live_lab, EVENTS)
    with aisoc.start("connectors", "poll", "lab", "--json") as process:
        peak = peak_memory(process)
    assert process.returncode == 0
    events, distinct, dropped = stored()
    assert events == distinct == shown - dropped
    assert events + dropped == EVENTS
    assert peak < MEMORY_LIMIT
    assert aisoc.json("connectors", "poll", "lab")["events_added"] == 0


def test_a_poller_killed_on_its_way_loses_nothing_and_doubles_nothing(aisoc, live_lab, added, stored):
    shown = fill(live_lab, EVENTS)
    for pages in (3, 20, 60):
        live_lab.cloud.journal.clear()
        with aisoc.start("connectors", "poll", "lab") as process:
            while len(live_lab.cloud.journal.of("activity")) < pages and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        assert stored()[0] < EVENTS * 0.9
    result = aisoc.json("connectors", "poll", "lab")
    assert result["error"] is None
    events, distinct, dropped = stored()
    assert events == distinct == shown - dropped
    history = aisoc.json("connectors", "show", "lab")["polls"]
    assert [poll["error"] and poll["error"]["code"] for poll in history] == [None, *["interrupted"] * 3]
