"""What becomes readable after the overlap is found by a sweep, and what comes later still by the daily audit."""

from datetime import timedelta

import pytest
from support import query

from app.collection.manage import add_connector
from app.collection.poll import Request, poll


def a_write(lab, **ago):
    """Return the two records of an operation that happened so long ago."""
    return lab.operation("Microsoft.Storage/storageAccounts/write", lab.clock.now() - timedelta(**ago))


async def polls_for(service, row, lab, *, minutes, every=5):
    """Poll every so many minutes as the scheduler does, and return the tiers."""
    tiers = []
    for _ in range(minutes // every):
        lab.clock.advance(minutes=every)
        result = await poll(service, row)
        assert result.error is None
        tiers.append(result.tier)
    return tiers


async def test_every_ten_minutes_a_poll_is_a_sweep_and_once_a_day_an_audit(service, row, lab):
    assert (await poll(service, row)).tier == "poll"
    assert await polls_for(service, row, lab, minutes=30) == ["poll", "sweep"] * 3
    tiers = await polls_for(service, row, lab, minutes=48 * 60, every=60)
    assert tiers.count("audit") == 2
    assert tiers.count("sweep") == 46


async def test_an_event_that_becomes_readable_after_forty_minutes_is_recovered_by_a_sweep(service, row, lab):
    await poll(service, row)
    lab.clock.advance(minutes=5)
    late = a_write(lab, minutes=1)
    await polls_for(service, row, lab, minutes=40)
    lab.publish(late)
    await polls_for(service, row, lab, minutes=10)
    (swept,) = await query(service, "SELECT tier, events_added, late_recovered FROM polls WHERE events_added > 0")
    assert swept == {"tier": "sweep", "events_added": 2, "late_recovered": 2}


async def test_an_event_that_becomes_readable_after_ten_hours_is_recovered_by_the_audit(service, row, lab):
    await poll(service, row)
    await polls_for(service, row, lab, minutes=60)
    late = a_write(lab, minutes=1)
    await polls_for(service, row, lab, minutes=600, every=60)
    lab.publish(late)
    await polls_for(service, row, lab, minutes=14 * 60, every=60)
    (audited,) = await query(service, "SELECT tier, late_recovered FROM polls WHERE events_added > 0")
    assert audited == {"tier": "audit", "late_recovered": 2}


async def test_with_overlap_and_sweep_off_no_poll_reads_more_than_what_is_new(service, lab):
    literal = lab.config(overlap_seconds=0, sweep_minutes=0)
    row = await add_connector(service, "azure_activity", "literal", literal)
    await poll(service, row)
    assert set(await polls_for(service, row, lab, minutes=26 * 60, every=60)) == {"poll"}
    widths = await query(service, "SELECT DISTINCT window_until - window_since AS width FROM polls")
    assert {found["width"] for found in widths} == {timedelta(hours=1), timedelta(hours=24)}


async def test_a_failed_sweep_is_due_again_at_once(service, row, lab):
    await poll(service, row)
    lab.clock.advance(minutes=10)
    lab.cloud.revoke(lab.app, lab.subscription)
    assert (await poll(service, row)).error["code"] == "no_reader_role"
    lab.cloud.grant(lab.app, lab.subscription, "Reader")
    assert (await poll(service, row)).tier == "sweep"


async def test_no_sweep_reads_from_before_the_time_that_the_connector_was_to_begin(service, lab):
    row = await add_connector(service, "azure_activity", "fresh", lab.config(initial_lookback_hours=0))
    lab.publish(a_write(lab, minutes=30))
    await poll(service, row)
    first = lab.clock.now()
    lab.clock.advance(minutes=15)
    swept = await poll(service, row)
    overlap = timedelta(minutes=5)
    assert (swept.tier, swept.window_since, swept.events_added) == ("sweep", first - overlap, 0)


@pytest.mark.parametrize("deleted", [0, 3])
async def test_an_audit_counts_what_is_present_and_fetches_what_is_missing(service, row, lab, deleted):
    lab.publish(lab.operations(10, at=lab.clock.now() - timedelta(hours=30)))
    await poll(service, row, Request(since=lab.clock.now() - timedelta(days=3)))
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM events WHERE id IN (SELECT id FROM events LIMIT %s)", (deleted,))
    result = await poll(service, row, Request(tier="audit", since=lab.clock.now() - timedelta(days=2)))
    assert (result.tier, result.events_added, result.events_duplicate) == ("audit", deleted, 20 - deleted)
