"""One connector's trouble is its own: the others are polled on time, through the real queue."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from conftest import SECRET
from support import query

from app.collection import jobs as queue
from app.collection.jobs import build_jobs, defer_poll, run_worker, stop_worker
from app.collection.manage import add_connector
from app.storage.connectors import claim_due
from simulator import faults

ON_TIME_SECONDS = 10


@asynccontextmanager
async def working(service, monkeypatch):
    """Yield a queue with a worker; nothing is due, and what hangs is left alone at the end."""
    monkeypatch.setattr(queue, "_STOP_SECONDS", 0.1)
    jobs = build_jobs(service)
    async with jobs.open_async():
        await claim(service)
        worker = asyncio.create_task(run_worker(jobs, service))
        try:
            yield jobs
        finally:
            await stop_worker(worker)


@pytest.fixture
def add(service, lab):
    """Add a connector, on a subscription of its own unless one is given."""

    async def _add(name, *, app=None, subscription=None, role=True):
        app = app or lab.app
        subscription = subscription or lab.cloud.add_subscription(lab.tenant)
        if role:
            lab.cloud.grant(app, subscription, "Reader")
        config = lab.config(client_id=app.client_id, subscription_id=subscription)
        return await add_connector(service, "azure_activity", name, config), subscription

    return _add


async def polls(service, row):
    """Return the codes of a connector's polls, oldest first: None for a good one, "running" for one under way."""
    found = await query(
        service,
        "SELECT CASE WHEN finished_at IS NULL THEN 'running' ELSE error->>'code' END AS code"
        " FROM polls WHERE connector_id = :id ORDER BY id",
        id=row.id,
    )
    return [poll["code"] for poll in found]


async def polled(service, row, codes):
    async with asyncio.timeout(ON_TIME_SECONDS):
        while await polls(service, row) != codes:
            await asyncio.sleep(0.02)


async def claim(service):
    async with service.engine.begin() as connection:
        return await claim_due(connection, service.clock.now())


async def fall_due(service, jobs):
    """Let an interval pass, and queue what is due as the worker's scheduler does, sooner than it."""
    service.clock.advance(minutes=5)
    for row in await claim(service):
        await defer_poll(jobs, row)


async def test_a_refused_a_hung_and_a_dripping_subscription_hold_up_no_poll_of_a_healthy_one(
    service, lab, add, monkeypatch
):
    second_app = lab.cloud.add_app(lab.tenant, secret=SECRET)
    refused, _ = await add("refused", role=False)
    hung, hung_subscription = await add("hung")
    slow, slow_subscription = await add("slow", app=second_app)
    healthy, _ = await add("healthy", app=second_app)
    lab.cloud.faults.add(
        faults.hang(count=None).only_of(hung_subscription),
        faults.drip(seconds=3600, count=None).only_of(slow_subscription),
    )
    async with working(service, monkeypatch) as jobs:
        for rounds in range(1, 4):
            await fall_due(service, jobs)
            await polled(service, healthy, [None] * rounds)
            await polled(service, refused, ["no_reader_role"] * min(rounds, 2))  # the third is put off
        assert await polls(service, hung) == await polls(service, slow) == ["running"]


async def test_a_retry_after_holds_for_all_that_read_as_the_app_and_for_nobody_else(service, lab, add, monkeypatch):
    second_app = lab.cloud.add_app(lab.tenant, secret=SECRET)
    throttled, subscription = await add("throttled")
    alike, _ = await add("alike", subscription=subscription)
    other_subscription, _ = await add("other-subscription")
    other_app, _ = await add("other-app", app=second_app, subscription=subscription)
    use_up(lab, subscription)
    async with working(service, monkeypatch) as jobs:
        await defer_poll(jobs, throttled)
        await polled(service, throttled, ["throttled"])
        lab.cloud.journal.clear()
        await defer_poll(jobs, alike)
        await polled(service, alike, ["throttled"])
        assert not lab.cloud.journal.of("activity")
        for row in (other_subscription, other_app):
            await defer_poll(jobs, row)
            await polled(service, row, [None])


async def test_once_retry_after_is_over_all_go_on(service, lab, add, monkeypatch):
    first, subscription = await add("first")
    second, _ = await add("second", subscription=subscription)
    use_up(lab, subscription)
    async with working(service, monkeypatch) as jobs:
        for row in (first, second):
            await defer_poll(jobs, row)
            await polled(service, row, ["throttled"])
        service.clock.advance(seconds=600)
        for row in await claim(service):
            await defer_poll(jobs, row)
        for row in (first, second):
            await polled(service, row, ["throttled", None])


def use_up(lab, subscription):
    """Let another tool with the same app use the allowance up, until ten minutes from now."""
    lab.cloud.throttle.retry_after = 600
    while lab.cloud.throttle.spend(subscription, lab.app.object_id, lab.clock.now()).retry_after is None:
        pass
