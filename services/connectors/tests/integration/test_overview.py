"""Overview and connector page read what is so: health, coverage, today's figures, what needs attention."""

from datetime import timedelta

import pytest

from app.collection.health import read_standing, read_standings
from app.collection.manage import add_connector, switch_connector, update_connector
from app.collection.poll import poll
from app.console.connector_figures import read_detail
from app.console.overview_figures import WEEK, read_overview
from app.console.watching import read_connectors
from app.events.event import Severity
from app.security.roles import Actor, Role
from app.storage.collecting import late_since, somebody_collects


@pytest.fixture
async def worker(service):
    """A worker that tells that it is alive, and does nothing."""
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")


async def test_an_empty_installation_has_nothing_to_show(service):
    told = await read_overview(service)
    assert (told.collection.watched, told.collection.needed, told.activity.events_today) == ((), (), 0)
    assert told.collection.covered_until is None


async def test_the_overview_counts_what_happened_today_and_says_that_all_is_covered(service, row, lab, worker, clock):
    await update_connector(service, row, '{"client_secret_expires_on": "2027-05-01"}')
    lab.publish(lab.operations(3))
    lab.publish(lab.operations(2, at=clock.now() - timedelta(hours=14)))
    await poll(service, row)
    told = await read_overview(service)
    assert told.collection.needed == ()
    assert (told.collection.healthy, told.collection.covered_until) == (1, clock.now())
    assert told.activity.events_today == 6
    assert sum(bar.total for bar in told.activity.shown.bars) == 10
    assert sum(top.count for top in told.activity.operations) == 10


async def test_events_that_alarm_are_listed_and_need_attention(service, row, lab, worker, clock):
    lab.publish(lab.operation("Microsoft.Authorization/roleAssignments/write", clock.now() - timedelta(minutes=5)))
    await poll(service, row)
    told = await read_overview(service, WEEK)
    assert {stored.event.severity for stored in told.activity.alarms} == {Severity.HIGH}
    assert told.activity.alarming_today == len(told.activity.alarms)
    assert any("high" in each.message and "24 hours" in each.message for each in told.collection.needed)


async def test_a_wrong_secret_and_a_missing_worker_need_attention_first(service, row, lab):
    wrong = await add_connector(service, "azure_activity", "wrong", lab.config(client_secret="no"))
    await poll(service, wrong)
    told = await read_overview(service)
    first, second, *_ = told.collection.needed
    assert first.message.startswith("Nobody collects")
    assert (second.level, second.path) == ("error", f"/connectors/{wrong.id}")
    assert "client secret" in second.message


async def test_what_all_connectors_cover_is_what_the_last_one_covers_paused_ones_left_out(service, row, lab, clock):
    other = await add_connector(service, "azure_activity", "other", lab.config())
    await poll(service, row)
    assert (await read_overview(service)).collection.covered_until is None
    began = clock.now()
    await poll(service, other)
    clock.advance(minutes=2)
    await poll(service, row)
    assert (await read_overview(service)).collection.covered_until == began
    await switch_connector(service, other, enabled=False)
    assert (await read_overview(service)).collection.covered_until == clock.now()


async def test_a_worker_that_is_silent_for_a_minute_does_not_collect(service):
    async with service.engine.begin() as connection:
        assert not await somebody_collects(connection)
        await connection.exec_driver_sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
        assert await somebody_collects(connection)
        await connection.exec_driver_sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 min'")
        assert not await somebody_collects(connection)


async def test_late_events_are_counted_by_connector_and_time(service, row, lab, clock):
    await poll(service, row)
    clock.advance(minutes=5)
    lab.publish(lab.operations(1, at=clock.now() - timedelta(minutes=7)))
    await poll(service, row)
    async with service.engine.connect() as connection:
        assert await late_since(connection, clock.now() - timedelta(minutes=1)) == {row.id: 2}
        assert await late_since(connection, clock.now() + timedelta(minutes=1)) == {}
    _, day, _ = await read_connectors(service)
    assert (day.events, day.late) == ({"lab": 2}, {row.id: 2})


async def test_a_connector_page_shows_its_polls_and_to_admins_its_changes(service, row):
    for _ in range(3):
        await poll(service, row)
    detail = await read_detail(service, row.id, 2)
    assert (len(detail.polls), detail.more_polls) == (2, True)
    assert [change["action"] for change in detail.changes] == ["connector.add"]
    viewer = service.acting_as(Actor("vera", Role.VIEWER, "console"))
    assert (await read_detail(viewer, row.id, 5)).changes == ()


async def test_a_connector_that_was_removed_has_no_page(service, row):
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM connectors")
    assert await read_detail(service, row.id, 5) is None


async def test_connectors_read_together_stand_as_each_one_alone(service, row, lab, clock):
    wrong = await add_connector(service, "azure_activity", "wrong", lab.config(client_secret="no"))
    fresh = await add_connector(service, "azure_activity", "fresh", lab.config())
    lab.publish(lab.operations(3))
    await poll(service, row)
    for _ in range(2):
        await poll(service, wrong)
        clock.advance(minutes=1)
    async with service.engine.connect() as connection:
        rows = [fresh, row, wrong]
        together = await read_standings(connection, rows, clock.now())
        assert together == [await read_standing(connection, each, clock.now()) for each in rows]
    assert [each.health.state for each in together] == ["behind", "healthy", "failing"]
    assert together[2].health.since == clock.now() - timedelta(minutes=2)
    assert (together[1].ledger.lags.events, together[2].ledger.lags.events) == (6, 0)
