"""The conversation with Azure: slow before it must be, silent when told to, and never without an end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.collection.configuration import open_config
from app.collection.poll import poll
from app.connectors.base import Window
from app.microsoft import transport
from simulator import faults


def refusals(lab):
    return [visit for visit in lab.cloud.journal.of("activity") if visit.status == 429]


def left(lab):
    """Return how many reads Azure has left for the lab's app."""
    return lab.cloud.throttle._buckets[lab.subscription, lab.app.object_id].left


@pytest.mark.parametrize(("capacity", "refill"), [(250, 25), (40, 5), (30, 2)])
async def test_a_window_of_many_pages_is_read_without_ever_being_throttled(service, row, lab, capacity, refill):
    lab.cloud.throttle.capacity, lab.cloud.throttle.refill_per_second = capacity, refill
    lab.cloud.paging.page_size = 2
    lab.publish(lab.operations(capacity + 60))
    result = await poll(service, row)
    assert (result.error, result.events_added) == (None, 2 * (capacity + 60))
    assert result.requests > capacity
    assert not refusals(lab)


async def test_what_another_tool_uses_up_is_made_room_for(service, row, lab):
    lab.cloud.paging.page_size = 2
    lab.publish(lab.operations(30))
    for _ in range(240):
        lab.cloud.throttle.spend(lab.subscription, lab.app.object_id, lab.clock.now())
    before = lab.clock.now()
    assert (await poll(service, row)).error is None
    assert not refusals(lab)
    assert timedelta(seconds=0.5) < lab.clock.now() - before < timedelta(seconds=5)


async def test_a_read_in_the_background_leaves_a_live_one_its_half(service, row, lab):
    lab.cloud.paging.page_size = 1
    lab.publish(lab.operations(200))
    connector, config = open_config(row, service.vault)
    context = replace(service.context, background=True)
    window = Window(lab.clock.now() - timedelta(days=1), lab.clock.now())
    pages = 0
    async with connector.connect(config, context) as session:
        async for _ in connector.fetch(session, connector.streams[0], window):
            pages += 1
            assert left(lab) >= 120
    assert pages == 400
    assert not refusals(lab)
    before = lab.clock.now()
    lab.cloud.paging.page_size = 4
    result = await poll(service, row)
    assert result.requests == 100
    assert lab.clock.now() == before


async def test_a_retry_takes_its_turn_like_any_request(service, row, lab):
    lab.cloud.faults.add(faults.error("activity", 503, headers={"x-ms-ratelimit-remaining-subscription-reads": "0"}))
    before = lab.clock.now()
    assert (await poll(service, row)).error is None
    assert lab.clock.now() - before >= timedelta(seconds=1)


@pytest.mark.parametrize("kind", ["activity", "token"])
async def test_a_body_that_drips_for_ever_ends_the_poll(service, row, lab, monkeypatch, kind):
    monkeypatch.setattr(transport, "_TOTAL_SECONDS", 0.5)
    lab.publish(lab.operations(50))
    lab.cloud.faults.add(faults.drip(kind, seconds=0.1, count=None))
    failed = await poll(service, row)
    assert failed.error is not None
    assert failed.error["code"] == "no_answer"
    lab.cloud.faults.clear()
    assert (await poll(service, row)).events_added == 100


async def test_a_session_knows_from_its_sign_in_how_far_the_clocks_differ_and_keeps_learning(service, row, lab):
    ahead = timedelta(minutes=5)
    lab.cloud.clock = lambda: lab.clock.now() + ahead
    connector, config = open_config(row, service.vault)
    async with connector.connect(config, service.context) as session:
        assert session.clock_ahead == -ahead
        ahead = timedelta()  # the clock is set
        await session.arm.get(session.subscription_url + "?api-version=2022-12-01")
        assert session.clock_ahead == timedelta()
