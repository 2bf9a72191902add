"""The ledger tells what time was read, what is settled and what can never be read; nothing in it is taken back."""

from datetime import timedelta

import pytest
from conftest import NOW
from support import query

from app.collection.manage import add_connector
from app.collection.poll import Request, poll
from app.connectors.base import Window
from app.storage.coverage import read_coverage, read_lags
from simulator import faults

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


async def ledger(service, row):
    now = service.clock.now()
    async with service.engine.connect() as connection:
        return await read_coverage(connection, row.id, "activity", now - timedelta(days=90))


async def lags(service, row):
    async with service.engine.connect() as connection:
        since = service.clock.now().date() - timedelta(days=7)
        return (await read_lags(connection, [row.id], "activity", since))[row.id]


def late(lab, lag, **ago):
    """Return the records of an operation that became readable so many seconds after they happened."""
    lab.make.lag = lambda _rng: lag
    return lab.operation("Microsoft.Storage/storageAccounts/write", lab.clock.now() - timedelta(**ago))


async def test_nothing_is_covered_before_the_first_complete_read(service, row, lab):
    assert await ledger(service, row) is None
    lab.cloud.faults.add(faults.malformed(skip=0, count=None))
    await poll(service, row)
    assert await ledger(service, row) is None


async def test_a_read_covers_its_window_and_settles_it_up_to_the_longest_lag(service, row):
    await poll(service, row)
    covered = await ledger(service, row)
    assert covered.read == (Window(NOW - 24 * HOUR, NOW),)
    assert covered.unsettled == (Window(NOW - 20 * MINUTE, NOW),)
    assert (covered.covered_until, covered.settled_until) == (NOW, NOW - 20 * MINUTE)
    assert (covered.gaps, covered.missing) == ((), ())


async def test_plain_polls_cover_and_sweeps_settle(service, row, lab):
    await poll(service, row)
    settled = []
    for _ in range(4):
        lab.clock.advance(minutes=5)
        await poll(service, row)
        settled.append((NOW + 20 * MINUTE - (await ledger(service, row)).settled_until) / MINUTE)
    assert settled == [40, 30, 30, 20]
    assert (await ledger(service, row)).covered_until == NOW + 20 * MINUTE


async def test_after_a_long_pause_the_sweep_reads_what_was_not_settled_before_it(service, row, lab):
    await poll(service, row)
    lab.publish(late(lab, 600, minutes=15))
    lab.clock.advance(hours=9)
    result = await poll(service, row)
    assert (result.tier, result.late_recovered) == ("sweep", 2)
    assert result.window_since == NOW - 20 * MINUTE


async def test_a_pause_longer_than_the_retention_is_a_gap_for_ever(service, row, lab):
    await poll(service, row)
    lab.clock.advance(days=100)
    await poll(service, row)
    covered = await ledger(service, row)
    (gap,) = covered.gaps
    oldest = lab.clock.now() - timedelta(days=90) + 15 * MINUTE
    assert (gap.window, gap.reason) == (Window(NOW, oldest), "outage_longer_than_retention")
    assert covered.read == (Window(NOW - 24 * HOUR, NOW), Window(oldest, lab.clock.now()))
    assert covered.missing == ()
    lab.clock.advance(minutes=30)
    await poll(service, row, Request(since=NOW))
    assert (await ledger(service, row)).gaps[0] == gap


async def test_a_long_window_is_read_in_day_slices_each_of_which_counts(service, row, lab):
    await poll(service, row)
    lab.clock.advance(days=6)
    lab.cloud.faults.add(faults.malformed(skip=3))
    assert (await poll(service, row)).error["code"] == "malformed_page"
    assert timedelta(days=2) < (await ledger(service, row)).covered_until - NOW < timedelta(days=4)
    assert (await poll(service, row)).error is None
    assert (await ledger(service, row)).covered_until == lab.clock.now()


async def test_time_that_was_asked_for_and_not_read_is_missing(service, row, lab):
    await poll(service, row)
    lab.cloud.faults.add(faults.malformed(skip=2))
    await poll(service, row, Request(since=NOW - timedelta(days=10)))
    covered = await ledger(service, row)
    assert covered.missing == (Window(NOW - timedelta(days=8), NOW - 24 * HOUR),)
    assert covered.covered_until == NOW


async def test_lags_are_counted_once_however_often_an_event_is_read(service, row, lab):
    lab.publish(late(lab, 40, hours=1))
    lab.publish(late(lab, 700, hours=2))
    await poll(service, row)
    await poll(service, row)
    counted = await lags(service, row)
    assert (counted.events, counted.longest) == (4, timedelta(seconds=700))


async def test_overlap_and_sweep_widen_when_the_tail_grows(service, row, lab):
    await poll(service, row)
    for _ in range(5):
        lab.publish(late(lab, 1500, minutes=40))
    await poll(service, row, Request(tier="sweep"))
    lab.clock.advance(minutes=5)
    near = await poll(service, row)
    assert (near.tier, near.window_since) == ("poll", NOW - 25 * MINUTE)
    lab.publish(late(lab, 3000, minutes=55))
    await poll(service, row, Request(tier="sweep"))
    swept = await poll(service, row, Request(tier="sweep"))
    assert swept.window_since == lab.clock.now() - 100 * MINUTE


async def test_lags_of_more_than_a_week_ago_no_longer_widen_anything(service, row, lab):
    lab.publish(late(lab, 3000, minutes=55))
    await poll(service, row)
    lab.clock.advance(days=9)
    await poll(service, row)
    lab.clock.advance(minutes=10)
    assert (await poll(service, row)).window_since == lab.clock.now() - 60 * MINUTE


async def test_without_overlap_and_sweep_nothing_settles_and_the_ledger_says_so(service, lab):
    row = await add_connector(service, "azure_activity", "literal", lab.config(overlap_seconds=0, sweep_minutes=0))
    await poll(service, row)
    for _ in range(30):
        lab.clock.advance(hours=1)
        await poll(service, row)
    covered = await ledger(service, row)
    assert covered.covered_until == lab.clock.now()
    assert covered.settled_until < NOW + HOUR


@pytest.mark.parametrize(("minutes", "ahead"), [(4, True), (4, False), (14, True)])
async def test_a_clock_that_differs_covers_no_time_that_the_source_has_not_seen(service, row, lab, minutes, ahead):
    true = NOW if ahead else NOW + minutes * MINUTE
    lab.cloud.clock = lambda: true - (minutes * MINUTE if ahead else timedelta())
    assert (await poll(service, row)).error is None
    assert (await ledger(service, row)).covered_until <= lab.cloud.clock() + timedelta(seconds=1)


@pytest.mark.parametrize("days", [-30, 30])
async def test_a_clock_that_is_wrong_fails_the_poll_and_moves_nothing(service, row, lab, days):
    await poll(service, row)
    before = await ledger(service, row)
    truth, lab.cloud.throttle.enabled = lab.cloud.clock, False
    lab.cloud.clock = lambda: truth() + timedelta(days=days)
    lab.clock.advance(minutes=5)
    result = await poll(service, row)
    assert result.error["code"] == "clock_wrong"
    assert (await ledger(service, row)) == before


async def test_a_second_worker_sees_the_same_ledger(service, row):
    await poll(service, row)
    (found,) = await query(service, "SELECT read, settled FROM coverage")
    assert found["read"][0].upper == NOW
