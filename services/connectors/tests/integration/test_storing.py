"""Several writers at a time: each event is stored once, by one of them, and none waits for another in a circle."""

import asyncio
import json
from contextlib import asynccontextmanager
from itertools import chain

import pytest
from support import query

from app.collection.poll import poll
from app.storage.events import store_events
from app.storage.raw import unpacked


@pytest.fixture
def records(connector, lab):
    """Ten events with their bytes, in the order of their ids."""
    found = lab.operations(5)
    raws = [json.dumps(record).encode() for record in found]
    return sorted(((connector.normalize(raw), raw) for raw in raws), key=lambda record: record[0].id)


def ids(events):
    return [event.id for event in events]


async def store(service, records):
    async with service.engine.begin() as connection:
        return await store_events(connection, "lab", records)


@asynccontextmanager
async def held(service, records):
    """Events that another writer has stored and not committed; the block may commit them, else they are undone."""
    async with service.engine.connect() as connection:
        await store_events(connection, "other", records)
        yield connection


async def until_waiting(service, writers):
    """Wait until so many writers wait for another one's transaction."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while len(found := await query(service, waiting)) < writers:
        await asyncio.sleep(0.01)
    return [row["pid"] for row in found]


async def stored_once(service, records):
    rows = await query(service, "SELECT id, raw FROM events ORDER BY id")
    return [(row["id"], unpacked(bytes(row["raw"]))) for row in rows] == [(event.id, raw) for event, raw in records]


async def test_the_new_events_are_returned_and_what_is_stored_stays_as_it_is(service, records):
    assert ids(await store(service, records[:4])) == ids(event for event, _ in records[:4])
    changed = [(event, raw + b" ") for event, raw in records[:6]]
    assert ids(await store(service, changed)) == ids(event for event, _ in records[4:6])
    rows = await query(service, "SELECT raw FROM events ORDER BY id")
    assert [unpacked(bytes(row["raw"])) for row in rows] == [raw for _, raw in records[:4] + changed[4:]]


async def test_of_two_copies_in_one_page_the_first_is_kept(service, records):
    (event, raw), *_ = records
    assert ids(await store(service, [(event, raw), (event, raw + b" ")])) == [event.id]
    assert await stored_once(service, records[:1])


async def test_nothing_is_stored_of_nothing(service):
    assert await store(service, []) == []


async def test_events_that_another_writer_commits_meanwhile_are_its_own_and_the_rest_is_stored(service, records):
    async with held(service, records[3:6]) as other:
        writer = asyncio.create_task(store(service, records))
        await until_waiting(service, 1)
        await other.commit()
        assert ids(await writer) == ids(event for event, _ in records[:3] + records[6:])
    assert await stored_once(service, records)


async def test_events_that_another_writer_gives_up_are_stored(service, records):
    async with held(service, records[3:6]) as other:
        writer = asyncio.create_task(store(service, records))
        await until_waiting(service, 1)
        await other.rollback()
        assert len(await writer) == len(records)
    assert await stored_once(service, records)


async def test_writers_of_the_same_events_in_opposite_orders_do_not_wait_for_each_other_in_a_circle(service, records):
    async with held(service, records[5:6]) as other:
        writers = [asyncio.create_task(store(service, page)) for page in (records, records[::-1])]
        await until_waiting(service, 2)  # unsorted, each would hold here what the other comes to next
        await other.rollback()
        first, second = await asyncio.gather(*writers)
    assert sorted(ids(first) + ids(second)) == ids(event for event, _ in records)
    assert await stored_once(service, records)


async def test_many_writers_of_overlapping_pages_store_each_event_once(service, connector, lab):
    raws = [json.dumps(record).encode() for record in lab.operations(300)]
    every = [(connector.normalize(raw), raw) for raw in raws]
    pages = [every[start : start + 200] for start in range(0, 600, 100)]

    async def write(pages):
        return [event.id for page in pages for event in await store(service, page)]

    added = await asyncio.gather(*(write(order) for order in (pages, pages[::-1], pages[3:] + pages[:3])))
    assert sorted(chain.from_iterable(added)) == sorted(event.id for event, _ in every)
    assert len(await query(service, "SELECT id FROM events")) == 600


async def test_a_database_lost_while_events_are_copied_fails_the_poll_and_the_next_one_loses_nothing(
    service, row, lab, connector
):
    published = lab.operations(5)
    lab.publish(published)
    raws = [json.dumps(record).encode() for record in published]
    async with held(service, [(connector.normalize(raws[0]), raws[0])]):
        polled = asyncio.create_task(poll(service, row))
        (pid,) = await until_waiting(service, 1)
        await query(service, "SELECT pg_terminate_backend(:pid)", pid=pid)
        assert (await polled).error["code"] == "database_unreachable"
    assert (await poll(service, row)).events_added == len(published)
