"""What people ask for is read by any worker, tells its progress, can be stopped, and survives the worker."""

import asyncio
from datetime import timedelta

import pytest
from conftest import NOW
from support import query, until_hanging

from app.collection.jobs import build_jobs, run_worker, stop_worker
from app.collection.readings import request_reading, stop_reading
from app.errors import Conflict, Denied, InvalidInput
from app.security.roles import Actor, Role
from app.storage.readings import find_reading, list_readings, resume_readings, start_reading
from simulator import faults

DAY = timedelta(days=1)


@pytest.fixture
async def worker(service, row):
    """A worker that has nothing to do but what is asked for."""
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE connectors SET next_poll_at = '2100-01-01'")
    jobs = build_jobs(service)
    async with jobs.open_async():
        task = asyncio.create_task(run_worker(jobs, service))
        yield task
        await stop_worker(task)


async def look(service, reading):
    async with service.engine.connect() as connection:
        return await find_reading(connection, reading.id)


async def ended(service, reading):
    for _ in range(300):
        found = await look(service, reading)
        if not found.open:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"it did not end: {found}")


@pytest.mark.parametrize("kind", ["poll", "sweep", "audit"])
async def test_a_poll_that_was_asked_for_tells_what_it_read(service, row, lab, worker, kind):
    lab.publish(lab.operations(3))
    found = await ended(service, await request_reading(service, row, kind))
    assert (found.state, found.error, found.progress["events_added"]) == ("done", None, 6)
    assert found.progress["tier"] == kind


async def test_a_backfill_that_was_asked_for_reads_the_past(service, row, lab, worker):
    lab.publish(lab.operations(1, at=NOW - 20 * DAY))
    found = await ended(service, await request_reading(service, row, "backfill", NOW - 30 * DAY))
    assert (found.state, found.progress["events_added"]) == ("done", 2)
    assert found.progress["slices_done"] == found.progress["slices"] == 30


async def test_a_reading_that_fails_keeps_its_reason(service, row, lab, worker):
    lab.cloud.revoke(lab.app, lab.subscription)
    found = await ended(service, await request_reading(service, row, "poll"))
    assert (found.state, found.error["code"]) == ("failed", "no_reader_role")


async def test_a_second_wish_of_a_kind_waits_for_the_end_of_the_first(service, row):
    await request_reading(service, row, "backfill")
    await request_reading(service, row, "poll")
    with pytest.raises(Conflict) as refused:
        await request_reading(service, row, "backfill")
    assert refused.value.code == "reading_open"


async def test_a_stopped_backfill_ends_and_keeps_what_it_read(service, row, lab, worker):
    lab.cloud.faults.add(faults.hang(seconds=30, count=4))
    reading = await request_reading(service, row, "backfill", NOW - 5 * DAY)
    await until_hanging(lab)
    await stop_reading(service, reading)
    assert (await ended(service, reading)).state == "stopped"
    for _ in range(100):
        if not await query(service, "SELECT id FROM polls WHERE finished_at IS NULL"):
            break
        await asyncio.sleep(0.05)
    assert not await query(service, "SELECT id FROM polls WHERE finished_at IS NULL"), "its slices go on"


async def test_a_reading_whose_worker_was_killed_is_done_by_the_next(service, row, lab):
    lab.publish(lab.operations(2))
    reading = await request_reading(service, row, "sweep")
    async with service.engine.begin() as connection:
        await start_reading(connection, reading.id, NOW)
        assert await resume_readings(connection) == 0
        await connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
        assert await resume_readings(connection) == 1
        assert await resume_readings(connection) == 0
    jobs = build_jobs(service)
    async with jobs.open_async():
        worker = asyncio.create_task(run_worker(jobs, service))
        found = await ended(service, reading)
        await stop_worker(worker)
    assert (found.state, found.progress["events_added"]) == ("done", 4)


async def test_a_viewer_may_not_ask_for_a_reading(service, row):
    viewer = service.acting_as(Actor("vera", Role.VIEWER, "console"))
    with pytest.raises(Denied):
        await request_reading(viewer, row, "poll")


async def test_who_asked_is_in_the_list_and_in_the_audit_log(service, row):
    await request_reading(service.acting_as(Actor("anna", Role.ANALYST, "api", ip="192.0.2.1")), row, "audit")
    async with service.engine.connect() as connection:
        (listed,) = await list_readings(connection, row.id, 10)
    assert (listed.requested_by, listed.since) == ("anna", NOW - DAY)
    entries = await query(service, "SELECT actor, via, ip, action, target FROM audit_log ORDER BY id DESC LIMIT 1")
    assert entries == [{"actor": "anna", "via": "api", "ip": "192.0.2.1", "action": "reading.audit", "target": "lab"}]


async def test_a_start_that_makes_no_sense_is_refused(service, row):
    for kind, since in (("poll", NOW - DAY), ("backfill", NOW + DAY)):
        with pytest.raises(InvalidInput):
            await request_reading(service, row, kind, since)
