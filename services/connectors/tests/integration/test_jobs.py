"""The queue: due connectors are polled at once, one poll each, by whichever worker is there."""

import asyncio
from datetime import timedelta

import pytest
from support import query, until_hanging

from app.collection.jobs import build_jobs, defer_poll, run_worker, stop_worker
from app.collection.manage import add_connector
from app.storage.connectors import claim_due, find_connector, set_enabled
from simulator import faults


@pytest.fixture
async def jobs(service):
    made = build_jobs(service)
    async with made.open_async():
        yield made


async def until(service, sql):
    """Wait until a query's single value is true."""
    for _ in range(200):
        if next(iter((await query(service, sql))[0].values())):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never true: {sql}")


async def claimed(service):
    async with service.engine.begin() as connection:
        return [row.name for row in await claim_due(connection, service.clock.now())]


async def test_a_worker_polls_a_new_connector_without_being_asked(service, jobs, row, lab):
    lab.publish(lab.operations(5))
    worker = asyncio.create_task(run_worker(jobs, service))
    await until(service, "SELECT count(*) = 10 FROM events")
    await stop_worker(worker)


async def test_due_connectors_are_polled_at_once_side_by_side(service, jobs, lab):
    rows = [await add_connector(service, "azure_activity", f"c{n}", lab.config()) for n in range(3)]
    lab.cloud.faults.add(faults.hang(seconds=0.7, count=3))
    worker = asyncio.create_task(run_worker(jobs, service))
    for row in rows:
        await defer_poll(jobs, row)
    await until_hanging(lab)
    await until(service, "SELECT count(*) = 3 FROM polls WHERE finished_at IS NULL")
    await until(service, "SELECT count(*) = 3 FROM polls WHERE finished_at IS NOT NULL AND error IS NULL")
    await stop_worker(worker)


async def test_a_connector_is_claimed_once_an_interval(service, row):
    assert await claimed(service) == ["lab"]
    assert await claimed(service) == []
    service.clock.advance(seconds=269)
    assert await claimed(service) == []
    service.clock.advance(seconds=31)
    assert await claimed(service) == ["lab"]


async def test_a_connector_that_another_worker_is_claiming_is_left_to_it_without_waiting(service, row):
    async with service.engine.begin() as other:
        assert [claim.name for claim in await claim_due(other, service.clock.now())] == ["lab"]
        assert await asyncio.wait_for(claimed(service), 5) == []
    assert await claimed(service) == []


async def test_connectors_that_fell_due_together_drift_apart(service, lab):
    for n in range(20):
        await add_connector(service, "azure_activity", f"c{n}", lab.config())
    await claimed(service)
    spread = await query(service, "SELECT max(next_poll_at) - min(next_poll_at) AS spread FROM connectors")
    assert spread[0]["spread"] > timedelta(seconds=5)


async def test_a_disabled_connector_is_never_due(service, row):
    async with service.engine.begin() as connection:
        await set_enabled(connection, row.id, False, service.clock.now())
    assert await claimed(service) == []


async def test_a_poll_that_waits_in_the_queue_is_not_queued_again(service, jobs, row):
    await defer_poll(jobs, row)
    await defer_poll(jobs, row)
    assert (await query(service, "SELECT count(*) AS n FROM procrastinate_jobs"))[0]["n"] == 1


async def test_a_job_of_a_removed_connector_does_nothing(service, jobs, row):
    await defer_poll(jobs, row)
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM connectors")
    worker = asyncio.create_task(run_worker(jobs, service))
    await until(service, "SELECT count(*) = 0 FROM procrastinate_jobs WHERE task_name = 'poll'")
    await stop_worker(worker)
    assert await query(service, "SELECT 1 AS n FROM polls") == []


async def test_a_throttled_connector_is_not_due_before_its_time(service, jobs, row, lab):
    lab.cloud.faults.add(faults.throttled(retry_after=900))
    await defer_poll(jobs, row)
    await claimed(service)
    worker = asyncio.create_task(run_worker(jobs, service))
    await until(service, "SELECT count(*) = 1 FROM polls WHERE error->>'code' = 'throttled'")
    await stop_worker(worker)
    async with service.engine.connect() as connection:
        stored = await find_connector(connection, "lab")
    assert stored.next_poll_at == lab.clock.now() + timedelta(seconds=900)
