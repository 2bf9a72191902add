"""Coverage, health and backfill as they are typed and printed."""

import signal
import time
from datetime import timedelta

import pytest
from support import wait_until

from simulator import faults

DAY = timedelta(days=1)


@pytest.fixture
def history(live_lab):
    """One operation (two records) on each of the last 30 days."""
    for day in range(30):
        live_lab.publish(live_lab.operations(1, at=live_lab.clock.now() - (day + 0.5) * DAY))


def test_a_new_connector_is_behind_and_a_polled_one_healthy(aisoc, added):
    assert "no aisoc serve runs" in aisoc("connectors", "list")[0]
    assert "Nothing was read completely yet." in aisoc("connectors", "coverage", "lab")[0]
    aisoc("connectors", "poll", "lab")
    said, _ = aisoc("connectors", "list")
    assert "healthy" in said
    assert "no aisoc serve runs" not in said
    (listed,) = aisoc.json("connectors", "list")
    assert (listed["health"]["state"], listed["health"]["error"]) == ("healthy", None)
    assert listed["health"]["covered_until"] == listed["last_poll"]["window"]["until"]


def test_a_failing_connector_says_why_since_when_and_when_it_tries_again(aisoc, live_lab, added):
    live_lab.cloud.revoke(live_lab.app, live_lab.subscription)
    aisoc("connectors", "poll", "lab", code=1)
    said, _ = aisoc("connectors", "list")
    for words in ("failing since", "tried again at", "no Reader role", "Give it Reader"):
        assert words in said
    health = aisoc.json("connectors", "show", "lab")["health"]
    assert health["error"]["code"] == "no_reader_role"
    assert health["since"] < health["next_try"]
    assert "paused" in (aisoc("connectors", "disable", "lab"), aisoc("connectors", "list"))[1][0]


def test_a_backfill_reads_the_days_and_says_so(aisoc, added, history):
    said, _ = aisoc("connectors", "backfill", "lab", "--days", "10")
    assert "day slices read, 20 events added of 20 read" in said
    assert "were read already" not in said
    again, _ = aisoc("connectors", "backfill", "lab", "--days", "10")
    assert "10.0 days were read already" in again
    assert "0 of 0 day slices read" in again


def test_the_coverage_is_a_strip_with_gaps_and_a_histogram_of_lags(aisoc, live_lab, added, history):
    live_lab.make.lag = lambda _rng: 90.0
    live_lab.publish(live_lab.operations(3, at=live_lab.clock.now() - timedelta(minutes=9)))
    aisoc("connectors", "poll", "lab")
    aisoc("connectors", "backfill", "lab", "--days", "120")
    said, _ = aisoc("connectors", "coverage", "lab")
    assert "✕✕✕" in said
    assert "███" in said
    assert "older than what the source keeps" in said
    assert "So each poll reads 5 min again and each sweep 60 min." in said
    facts = aisoc.json("connectors", "coverage", "lab")
    (gap,) = facts["gaps"]
    assert gap["reason"] == "older_than_retention"
    assert facts["missing"] == []
    assert facts["lag"]["longest_seconds"] == 90
    assert sum(bucket["events"] for bucket in facts["lag"]["histogram"]) == facts["lag"]["events"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_backfill_that_was_killed_or_stopped_goes_on_when_it_is_started_again(
    aisoc, live_lab, added, history, number
):
    live_lab.cloud.faults.add(faults.hang(count=None, skip=6))
    with aisoc.start("connectors", "backfill", "lab", "--days", "20") as process:
        wait_until(lambda: len(live_lab.cloud.journal.of("activity")) >= 6)
        time.sleep(0.5)
        process.send_signal(number)
        remarks = process.communicate(timeout=30)[1].decode()
    assert "Traceback" not in remarks
    live_lab.cloud.faults.clear()
    missing = aisoc.json("connectors", "coverage", "lab")["missing"]
    assert missing
    result = aisoc.json("connectors", "backfill", "lab", "--days", "20")
    assert result["error"] is None
    assert 10 <= result["slices"] < 20
    assert aisoc.json("connectors", "coverage", "lab")["missing"] == []
    events = aisoc("events", "--json", "--limit", "1000")[0].splitlines()
    assert len(events) == len(set(events)) == 40


def test_a_backfill_that_cannot_read_says_why_and_that_it_goes_on(aisoc, live_lab, added):
    live_lab.cloud.revoke(live_lab.app, live_lab.subscription)
    _, remarks = aisoc("connectors", "backfill", "lab", code=1)
    assert "no Reader role" in remarks
    assert "Then run this again: it goes on from here." in remarks


@pytest.mark.parametrize("days", ["0", "-3", "nonsense"])
def test_days_that_are_none_are_refused(aisoc, added, days):
    assert "--days" in aisoc("connectors", "backfill", "lab", "--days", days, code=2)[1]
