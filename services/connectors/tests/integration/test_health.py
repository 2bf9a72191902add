"""Health is what the ledger says: never green because a call did not fail, never reset by silence."""

import asyncio
from datetime import timedelta

import pytest
from conftest import NOW, SECRET
from support import query

from app.collection.health import read_standing
from app.collection.manage import add_connector, probe_connector, update_connector
from app.collection.poll import poll
from app.storage.connectors import claim_due, find_connector, set_enabled
from simulator import faults

MINUTE = timedelta(minutes=1)


async def health(service, row):
    async with service.engine.connect() as connection:
        found = await find_connector(connection, row.name)
        return (await read_standing(connection, found, service.clock.now())).health


async def due(service):
    async with service.engine.begin() as connection:
        return [row.name for row in await claim_due(connection, service.clock.now())]


async def test_a_connector_that_was_never_read_is_behind(service, row, lab):
    lab.clock.advance(minutes=1)
    found = await health(service, row)
    assert (found.state, found.covered_until, found.behind) == ("behind", None, MINUTE)


@pytest.mark.parametrize(
    ("minutes", "state"), [(0, "healthy"), (5, "healthy"), (10, "healthy"), (11, "behind"), (3000, "behind")]
)
async def test_healthy_is_covered_up_to_now_less_interval_and_overlap(service, row, lab, minutes, state):
    await poll(service, row)
    lab.clock.advance(minutes=minutes)
    found = await health(service, row)
    assert (found.state, found.behind, found.covered_until) == (state, minutes * MINUTE, NOW)


async def test_a_quiet_subscription_that_is_read_stays_healthy_and_one_that_is_not_falls_behind(service, row, lab):
    for _ in range(3):
        await poll(service, row)
        lab.clock.advance(minutes=5)
        assert (await health(service, row)).state == "healthy"
    lab.clock.advance(hours=2)
    assert (await health(service, row)).behind == 125 * MINUTE


async def test_a_failing_connector_says_why_what_to_do_since_when_and_when_it_tries_again(service, row, lab):
    await poll(service, row)
    lab.cloud.revoke(lab.app, lab.subscription)
    lab.clock.advance(minutes=5)
    failed_at = lab.clock.now()
    for wait in (5, 10, 20, 40, 60, 60):
        await poll(service, row)
        found = await health(service, row)
        assert (found.state, found.error["code"], found.since) == ("failing", "no_reader_role", failed_at)
        assert "Reader" in found.error["remedy"]
        assert found.next_try == lab.clock.now() + wait * MINUTE
        assert found.covered_until == NOW
        lab.clock.advance(minutes=wait)


async def test_a_poll_that_was_incomplete_is_no_complete_one(service, row, lab):
    await poll(service, row)
    lab.clock.advance(minutes=30)
    for fault in (faults.truncated(count=9), faults.malformed(), faults.looping_link(), faults.foreign_link()):
        lab.cloud.faults.clear()
        lab.publish(lab.operations(1))
        lab.cloud.faults.add(fault)
        await poll(service, row)
        found = await health(service, row)
        assert (found.state, found.covered_until) == ("failing", NOW)


async def test_a_fixed_role_is_read_on_from_the_old_checkpoint(service, row, lab):
    await poll(service, row)
    lab.cloud.revoke(lab.app, lab.subscription)
    lab.publish(lab.operations(2))
    lab.clock.advance(hours=5)
    await poll(service, row)
    lab.cloud.grant(lab.app, lab.subscription, "Reader")
    assert (await probe_connector(service, row)).ok
    assert await due(service) == ["lab"]
    result = await poll(service, row)
    assert result.window_since <= NOW
    assert (await health(service, row)).state == "healthy"


async def test_a_test_that_is_good_does_not_hurry_a_connector_that_is_not_failing(service, row):
    assert await due(service) == ["lab"]
    await poll(service, row)
    await probe_connector(service, row)
    assert await due(service) == []


async def test_a_new_secret_makes_a_failing_connector_due_at_once(service, row, lab):
    await due(service)
    wrong = await update_connector(service, row, '{"client_secret": "not-the-secret"}')
    await due(service)
    assert (await poll(service, wrong)).error["code"] == "wrong_secret"
    assert await due(service) == []
    mended = await update_connector(service, wrong, f'{{"client_secret": "{SECRET}"}}')
    assert await due(service) == ["lab"]
    assert (await poll(service, mended)).error is None


async def test_a_paused_connector_is_paused_however_far_behind(service, row, lab):
    await poll(service, row)
    async with service.engine.begin() as connection:
        await set_enabled(connection, row.id, enabled=False, now=lab.clock.now())
    lab.clock.advance(days=3)
    found = await health(service, row)
    assert (found.state, found.behind, found.next_try) == ("paused", timedelta(days=3), None)


async def test_throttling_is_kept_for_all_that_share_the_allowance(service, row, lab):
    lab.cloud.faults.add(faults.throttled(retry_after=900))
    assert (await poll(service, row)).error["code"] == "throttled"
    found = await health(service, row)
    assert (found.state, found.next_try) == ("failing", NOW + 15 * MINUTE)
    asked = len(lab.cloud.journal.of("activity"))
    lab.clock.advance(minutes=14)
    assert (await poll(service, row)).error["code"] == "throttled"
    assert len(lab.cloud.journal.of("activity")) == asked
    lab.clock.advance(minutes=1)
    assert (await poll(service, row)).error is None


async def test_two_connectors_of_one_app_that_are_throttled_at_once_both_say_so(service, row, lab):
    other = await add_connector(service, "azure_activity", "other", lab.config())
    for _ in range(5):
        lab.cloud.faults.add(faults.throttled(retry_after=90, count=2))
        lab.clock.advance(minutes=5)
        await asyncio.gather(poll(service, row), poll(service, other))
    codes = await query(service, "SELECT error->>'code' AS code FROM polls")
    assert {found["code"] for found in codes} == {"throttled"}


async def test_a_good_poll_by_hand_ends_the_backoff(service, row, lab):
    lab.cloud.revoke(lab.app, lab.subscription)
    for _ in range(6):
        await poll(service, row)
    assert (await health(service, row)).next_try == NOW + 60 * MINUTE
    lab.cloud.grant(lab.app, lab.subscription, "Reader")
    await poll(service, row)
    assert (await health(service, row)).next_try == NOW + 5 * MINUTE


async def test_a_worker_with_a_slow_clock_stays_green_no_longer_than_one_with_the_right_time(service, row, lab):
    truth = lab.cloud.clock
    lab.cloud.clock = lambda: truth() + 5 * MINUTE
    await poll(service, row)
    lab.clock.advance(minutes=11)
    found = await health(service, row)
    assert (found.state, found.covered_until) == ("behind", NOW + 5 * MINUTE)
    assert found.behind >= 11 * MINUTE


async def test_a_killed_poll_is_no_failure_of_the_source(service, row, lab):
    await poll(service, row)
    await query(service, "SELECT 1")
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO polls (connector_id, stream, started_at, requests, pages, events_read, events_added,"
            " events_dropped, events_duplicate, events_quarantined, late_recovered)"
            " SELECT id, 'activity', now(), 0, 0, 0, 0, 0, 0, 0, 0 FROM connectors"
        )
    assert (await health(service, row)).state == "healthy"
    lab.clock.advance(hours=1)
    assert (await health(service, row)).state == "behind"
