"""A backfill reads the past beside live polls, newest day first, and goes on where it was stopped."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from conftest import NOW
from sqlalchemy import make_url
from support import query, until_hanging

from app.collection.backfill import SIDE_BY_SIDE, backfill
from app.collection.poll import poll
from app.errors import Retry
from app.storage.coverage import read_coverage
from simulator import faults

_ENDED = "SELECT count(*) AS done FROM polls WHERE tier = 'backfill' AND finished_at IS NOT NULL"
DAY = timedelta(days=1)
OLDEST = NOW - 90 * DAY + timedelta(minutes=15)


async def ledger(service, row):
    async with service.engine.connect() as connection:
        return await read_coverage(connection, row.id, "activity", service.clock.now() - 90 * DAY)


async def stored(service):
    (found,) = await query(
        service, "SELECT count(*) AS events, count(DISTINCT external_id) AS distinct_ids FROM events"
    )
    assert found["events"] == found["distinct_ids"]
    return found["events"]


async def slices_read(service):
    """Return how many days ago each slice of history ended, in the order in which they were begun."""
    rows = await query(
        service, "SELECT window_until FROM polls WHERE tier = 'backfill' AND error IS NULL ORDER BY started_at, id"
    )
    return [round((NOW - found["window_until"]) / DAY) for found in rows]


@pytest.fixture
def history(lab):
    """One operation (two records) on each of the last 90 days."""
    for day in range(90):
        lab.publish(lab.operations(1, at=NOW - (day + 0.5) * DAY))


async def test_a_backfill_reads_the_days_before_the_first_poll_newest_first(service, row, lab, history):
    await poll(service, row)
    result = await backfill(service, row, NOW - 10 * DAY)
    assert (result.error, result.slices, result.slices_done, result.events_added) == (None, 9, 9, 18)
    order = await slices_read(service)
    assert sorted(order) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert all(abs(place - day) < SIDE_BY_SIDE for place, day in enumerate(order, start=1))
    (read,) = (await ledger(service, row)).read
    assert (read.since, read.until) == (NOW - 10 * DAY, NOW)
    assert await stored(service) == 20


async def test_a_backfill_of_more_than_azure_keeps_notes_a_gap_and_asks_for_nothing_older(service, row, lab, history):
    result = await backfill(service, row, NOW - 100 * DAY)
    assert (result.error, result.events_added) == (None, 180)
    covered = await ledger(service, row)
    (gap,) = covered.gaps
    assert (gap.window.since, gap.window.until, gap.reason) == (NOW - 100 * DAY, OLDEST, "older_than_retention")
    assert covered.missing == ()
    assert all(visit.status == 200 for visit in lab.cloud.journal.of("activity"))


async def test_a_second_backfill_reads_nothing_twice(service, row, lab, history):
    await backfill(service, row, NOW - 10 * DAY)
    asked = len(lab.cloud.journal.of("activity"))
    again = await backfill(service, row, NOW - 10 * DAY)
    assert (again.slices, again.events_read, again.days_before) == (0, 0, 10)
    assert len(lab.cloud.journal.of("activity")) == asked
    wider = await backfill(service, row, NOW - 12 * DAY)
    assert (wider.slices, wider.events_added) == (2, 4)


async def test_a_backfill_that_was_stopped_goes_on_with_the_days_that_are_missing(service, row, lab, history):
    await poll(service, row)
    lab.cloud.faults.add(faults.hang(seconds=60, count=None, skip=7))
    running = asyncio.create_task(backfill(service, row, NOW - 20 * DAY))
    while sum(found["done"] for found in await query(service, _ENDED)) < 4:
        await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    lab.cloud.faults.clear()
    covered = await ledger(service, row)
    assert covered.asked_since == NOW - 20 * DAY
    assert covered.missing
    result = await backfill(service, row, NOW - 20 * DAY)
    assert result.error is None
    assert 0 < result.slices < 19
    assert (await ledger(service, row)).missing == ()
    assert await stored(service) == 40
    ended = {(found["error"] or {}).get("code") for found in await query(service, "SELECT error FROM polls")}
    assert ended == {None, "interrupted"}


async def test_a_live_poll_is_done_while_a_backfill_hangs(service, row, lab, history):
    await poll(service, row)
    lab.cloud.faults.add(faults.hang(seconds=60, count=4))
    running = asyncio.create_task(backfill(service, row, NOW - 30 * DAY))
    await until_hanging(lab)
    lab.clock.advance(minutes=5)
    lab.publish(lab.operations(3))
    polled = await asyncio.wait_for(poll(service, row), 20)
    assert (polled.error, polled.events_added) == (None, 6)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_one_backfill_of_a_connector_runs_at_a_time(service, row, lab, history):
    lab.cloud.faults.add(faults.hang(seconds=60, count=4))
    running = asyncio.create_task(backfill(service, row, NOW - 30 * DAY))
    await until_hanging(lab)
    with pytest.raises(Retry, match="Another backfill of lab is running"):
        await backfill(service, row, NOW - 30 * DAY)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_slice_that_azure_throttles_is_read_after_its_retry_after(service, row, lab, history):
    lab.cloud.faults.add(faults.throttled(retry_after=400, skip=3))
    result = await backfill(service, row, NOW - 10 * DAY)
    assert (result.error, result.slices_done) == (None, 10)
    refused = next(visit.time for visit in lab.cloud.journal.of("activity") if visit.status == 429)
    later = [visit.time for visit in lab.cloud.journal.of("activity") if visit.time > refused]
    assert min(later) >= refused + timedelta(seconds=400)
    assert await stored(service) == 20


async def test_what_only_a_person_can_mend_ends_a_backfill_which_goes_on_later(service, row, lab, history):
    lab.cloud.revoke(lab.app, lab.subscription)
    result = await backfill(service, row, NOW - 10 * DAY)
    assert (result.error["code"], result.slices_done) == ("no_reader_role", 0)
    lab.cloud.grant(lab.app, lab.subscription, "Reader")
    assert (await backfill(service, row, NOW - 10 * DAY)).error is None
    assert await stored(service) == 20


async def test_a_backfill_before_the_first_poll_does_not_shorten_its_lookback(service, row, lab, history):
    await backfill(service, row, NOW - timedelta(hours=2))
    assert (await poll(service, row)).window_since == NOW - 24 * timedelta(hours=1)


async def test_a_database_that_is_lost_on_the_way_is_told_and_not_thrown(service, row, lab, history, database_url):
    lab.cloud.faults.add(faults.hang(seconds=1.0, count=4))
    running = asyncio.create_task(backfill(service, row, NOW - 10 * DAY))
    await until_hanging(lab)
    name = make_url(database_url).database
    async with await psycopg.AsyncConnection.connect(
        make_url(database_url).set(database="postgres").render_as_string(hide_password=False), autocommit=True
    ) as admin:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        result = await asyncio.wait_for(running, 60)
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert result.error["code"] == "database_unreachable"
    assert (await backfill(service, row, NOW - 10 * DAY)).error is None
    assert await stored(service) == 20


async def test_a_failed_backfill_does_not_put_the_polls_off(service, row, lab):
    before = await query(service, "SELECT next_poll_at FROM connectors")
    lab.cloud.revoke(lab.app, lab.subscription)
    await backfill(service, row, NOW - 3 * DAY)
    assert await query(service, "SELECT next_poll_at FROM connectors") == before
