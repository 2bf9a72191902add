import asyncio
from datetime import timedelta
from urllib.parse import unquote

import psycopg
import pytest
from conftest import NOW
from sqlalchemy import make_url
from structlog.testing import capture_logs
from support import query, until_hanging

from app.collection.manage import add_connector
from app.collection.poll import poll
from app.errors import Retry
from app.storage.connectors import delete_connector, find_connector
from app.storage.coverage import read_coverage
from app.storage.raw import unpacked
from simulator import faults, ticks
from simulator.event_log import Rendered


async def checkpoint_of(service, row):
    async with service.engine.connect() as connection:
        coverage = await read_coverage(connection, row.id, "activity", NOW - timedelta(days=90))
    return coverage and coverage.covered_until


async def stored_ids(service):
    return [found["external_id"] for found in await query(service, "SELECT external_id FROM events")]


async def test_a_poll_stores_every_event_once(service, row, lab):
    lab.publish(lab.operations(250))
    result = await poll(service, row)
    assert result.error is None
    assert (result.events_read, result.events_added, result.pages) == (500, 500, 3)
    assert len(set(await stored_ids(service))) == 500


async def test_polling_again_adds_nothing(service, row, lab):
    lab.publish(lab.operations(20))
    await poll(service, row)
    again = await poll(service, row)
    assert (again.error, again.events_read, again.events_added, again.events_duplicate) == (None, 40, 0, 40)


async def test_a_quiet_subscription_reports_zero_events_added(service, row):
    with capture_logs() as logs:
        result = await poll(service, row)
    assert (result.error, result.events_read, result.events_added) == (None, 0, 0)
    (line,) = [entry for entry in logs if entry["event"] == "poll"]
    assert line["events_added"] == 0
    assert line["error"] is None


async def test_what_is_read_is_what_is_added_dropped_duplicate_or_quarantined(service, row, lab):
    lab.publish(lab.operations(5))
    await poll(service, row)
    lab.publish(lab.operation("Microsoft.Compute/virtualMachines/read", lab.clock.now() - timedelta(minutes=1)))
    lab.publish([broken_record(lab, b'{"nonsense": 1}')])
    lab.clock.advance(minutes=1)
    lab.publish(lab.operations(3, at=lab.clock.now() - timedelta(seconds=10)))
    result = await poll(service, row)
    parts = (result.events_added, result.events_dropped, result.events_duplicate, result.events_quarantined)
    assert parts == (6, 2, 10, 1)
    assert result.events_read == sum(parts)


async def test_reads_are_dropped_and_never_stored(service, row, lab):
    lab.publish(lab.operation("Microsoft.Compute/virtualMachines/read", lab.clock.now() - timedelta(minutes=1)))
    result = await poll(service, row)
    assert (result.events_dropped, result.events_added) == (2, 0)
    assert await stored_ids(service) == []


async def test_a_record_that_cannot_be_understood_is_quarantined_with_its_bytes_and_the_rest_is_stored(
    service, row, lab
):
    bad = b'{"eventTimestamp":"the day before yesterday","operationName":"x"}'
    lab.publish([*lab.operations(2), broken_record(lab, bad)])
    result = await poll(service, row)
    assert (result.error, result.events_added, result.events_quarantined) == (None, 4, 1)
    (kept,) = await query(service, "SELECT raw, code, reason, connector FROM quarantine")
    assert bytes(kept["raw"]) == bad
    assert kept["code"] == "no_event_time"
    assert "the day before yesterday" in kept["reason"]


async def test_a_record_with_a_lone_surrogate_fails_no_other_record_of_its_page(service, row, lab):
    lab.publish(
        [*lab.operations(2), broken_record(lab, rb'{"eventTimestamp":"2026-05-01T11:00:00Z","caller":"\ud800"}')]
    )
    result = await poll(service, row)
    assert (result.error, result.events_added, result.events_quarantined) == (None, 4, 1)


async def test_a_quarantined_record_is_kept_once_however_often_it_is_read(service, row, lab):
    lab.publish([broken_record(lab, b"[1]")])
    await poll(service, row)
    await poll(service, row)
    assert len(await query(service, "SELECT 1 AS kept FROM quarantine")) == 1


async def test_the_bytes_of_an_event_are_kept_exactly_as_received(service, row, lab):
    raw = (
        '{ "eventTimestamp" : "2026-05-01T11:59:00.1234567Z",\n "id":"/Ü/events/1/ticks/2",'
        ' "caller": "\\u0041" , "x":1.50}'
    ).encode()
    lab.publish([broken_record(lab, raw)])
    await poll(service, row)
    (kept,) = await query(service, "SELECT raw, actor FROM events")
    assert unpacked(bytes(kept["raw"])) == raw
    assert kept["actor"] == "A"


async def test_an_event_that_becomes_readable_late_is_recovered_by_the_overlap(service, row, lab):
    happened = lab.clock.now() - timedelta(seconds=30)
    late = lab.operation("Microsoft.Storage/storageAccounts/write", happened)
    await poll(service, row)
    lab.publish(late)
    lab.clock.advance(seconds=120)
    result = await poll(service, row)
    assert (result.events_added, result.late_recovered) == (2, 2)


async def test_without_overlap_the_same_late_event_would_be_lost(service, lab):
    row = await add_connector(service, "azure_activity", "literal", lab.config(overlap_seconds=0))
    late = lab.operation("Microsoft.Storage/storageAccounts/write", lab.clock.now() - timedelta(seconds=30))
    await poll(service, row)
    lab.publish(late)
    lab.clock.advance(seconds=120)
    assert (await poll(service, row)).events_added == 0


async def test_the_request_asks_for_the_window_in_the_documented_filter(service, row, lab):
    await poll(service, row)
    lab.clock.advance(minutes=5)
    lab.cloud.journal.clear()
    result = await poll(service, row)
    (visit,) = lab.cloud.journal.of("activity")
    assert (
        f"/subscriptions/{lab.subscription}/providers/Microsoft.Insights/eventtypes/management/values" in visit.target
    )
    assert "api-version=2015-04-01" in visit.target
    assert unquote(visit.target).endswith(
        "$filter=eventTimestamp ge '2026-05-01T11:55:00.000000Z' and eventTimestamp le '2026-05-01T12:05:00.000000Z'"
    )
    assert result.window_until == lab.clock.now()


async def test_the_first_poll_reads_the_last_24_hours(service, row, lab):
    now = lab.clock.now()
    lab.publish(lab.operation("Microsoft.Storage/storageAccounts/write", now - timedelta(hours=25)))
    lab.publish(lab.operation("Microsoft.Storage/storageAccounts/write", now - timedelta(hours=23)))
    result = await poll(service, row)
    assert result.window_since == now - timedelta(hours=24)
    assert result.events_added == 2


async def test_a_first_poll_that_fails_for_a_day_does_not_move_where_reading_begins(service, row, lab):
    added = lab.clock.now()
    lab.publish(lab.operation("Microsoft.Storage/storageAccounts/write", added - timedelta(hours=23)))
    lab.cloud.revoke(lab.app, lab.subscription)
    await poll(service, row)
    lab.clock.advance(hours=30)
    lab.cloud.grant(lab.app, lab.subscription, "Reader")
    result = await poll(service, row)
    assert (result.window_since, result.events_added) == (added - timedelta(hours=24), 2)


async def test_the_first_poll_of_a_connector_with_a_lookback_of_90_days_is_accepted_by_azure(service, lab):
    row = await add_connector(service, "azure_activity", "deep", lab.config(initial_lookback_hours=2160))
    lab.publish(lab.operation("Microsoft.Storage/storageAccounts/write", lab.clock.now() - timedelta(days=89)))
    assert (await poll(service, row)).events_added == 2


async def test_what_azure_no_longer_keeps_after_a_long_outage_is_a_recorded_gap(service, row, lab):
    await poll(service, row)
    stopped = lab.clock.now()
    lab.clock.advance(days=100)
    result = await poll(service, row)
    assert result.error is None
    assert result.gap_since == stopped
    assert result.gap_until == result.window_since
    (recorded,) = await query(service, "SELECT gap_since FROM polls WHERE gap_since IS NOT NULL")
    assert recorded["gap_since"] == stopped


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (faults.reset(count=None, skip=1), "connection_broken"),
        (faults.truncated(count=None, skip=1), "connection_broken"),
        (faults.malformed(count=None, skip=1), "malformed_page"),
        (faults.html(count=None, skip=1), "malformed_page"),
        (faults.error("activity", 500, "InternalServerError", "no", count=None, skip=1), "service_unavailable"),
        (faults.error("activity", 503, "ServerBusy", "busy", count=None, skip=1), "service_unavailable"),
        (faults.error("activity", 404, "NotFound", "gone", count=None, skip=1), "request_refused"),
        (faults.foreign_link(), "foreign_link"),
        (faults.looping_link(count=None), "link_loop"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_anything_but_a_complete_read_fails_the_poll_keeps_the_checkpoint_and_loses_nothing(
    service, row, lab, fault, code
):
    await poll(service, row)
    before = await checkpoint_of(service, row)
    lab.clock.advance(minutes=5)
    lab.publish(lab.operations(250, each=timedelta(milliseconds=1)))
    lab.cloud.faults.add(fault)
    failed = await poll(service, row)
    assert failed.error is not None
    assert failed.error["code"] == code
    assert failed.error["remedy"]
    assert await checkpoint_of(service, row) == before
    lab.cloud.faults.clear()
    healed = await poll(service, row)
    assert healed.error is None
    assert len(set(await stored_ids(service))) == len(await stored_ids(service)) == 500
    assert await checkpoint_of(service, row) == healed.window_until


@pytest.mark.parametrize(
    "fault",
    [
        faults.error("activity", 500, "InternalServerError", "no", count=2),
        faults.error("activity", 408, "RequestTimeout", "slow"),
        faults.throttled(retry_after=7),
        faults.error("token", 500, "temporarily_unavailable", "no"),
    ],
    ids=["500 twice", "408", "429 with Retry-After", "token 500"],
)
async def test_a_passing_error_is_retried_within_the_poll(service, row, lab, fault):
    lab.publish(lab.operations(5))
    lab.cloud.faults.add(fault)
    result = await poll(service, row)
    assert (result.error, result.events_added) == (None, 10)


async def test_a_retry_after_that_says_nothing_is_waited_for_as_none(service, row, lab):
    lab.cloud.faults.add(faults.error("activity", 429, "TooManyRequests", "slow", headers={"Retry-After": "soon"}))
    assert (await poll(service, row)).error is None


async def test_a_connector_removed_in_mid_poll_says_so(service, row, lab):
    lab.publish(lab.operations(5))
    lab.cloud.faults.add(faults.hang(seconds=0.5))
    running = asyncio.create_task(poll(service, row))
    await until_hanging(lab)
    async with service.engine.begin() as connection:
        await delete_connector(connection, row.id)
    assert (await running).error["code"] == "connector_removed"
    assert await stored_ids(service) == []


async def test_a_429_is_asked_again_only_after_its_retry_after(service, row, lab):
    lab.cloud.faults.add(faults.throttled(retry_after=40))
    before = lab.clock.now()
    assert (await poll(service, row)).error is None
    assert lab.clock.now() - before >= timedelta(seconds=40)


async def test_a_long_retry_after_ends_the_poll_and_says_when_it_goes_on(service, row, lab):
    lab.cloud.faults.add(faults.throttled(retry_after=309, count=None))
    result = await poll(service, row)
    assert result.error["code"] == "throttled"
    assert "until 12:05:09 UTC" in result.error["message"]
    async with service.engine.connect() as connection:
        stored = await find_connector(connection, "lab")
    assert stored.next_poll_at == lab.clock.now() + timedelta(seconds=309)


async def test_a_token_is_never_sent_to_another_host(service, row, lab):
    lab.publish(lab.operations(250, each=timedelta(milliseconds=1)))
    lab.cloud.faults.add(faults.foreign_link(count=None))
    result = await poll(service, row)
    assert result.error["code"] == "foreign_link"
    assert not lab.cloud.journal.of("elsewhere")


async def test_empty_pages_with_a_next_link_are_followed_to_the_end(service, row, lab):
    lab.publish(lab.operations(150, each=timedelta(milliseconds=1)))
    lab.cloud.faults.add(faults.empty_pages(3))
    result = await poll(service, row)
    assert (result.error, result.events_added) == (None, 300)


async def test_a_page_served_twice_is_stored_once(service, row, lab):
    lab.publish(lab.operations(150, each=timedelta(milliseconds=1)))
    lab.cloud.faults.add(faults.duplicated_page())
    result = await poll(service, row)
    assert (result.error, result.events_added, len(await stored_ids(service))) == (None, 300, 300)


async def test_two_connectors_on_one_subscription_store_an_event_once(service, row, lab):
    other = await add_connector(service, "azure_activity", "second", lab.config())
    lab.publish(lab.operations(100, each=timedelta(milliseconds=1)))
    first, second = await asyncio.gather(poll(service, row), poll(service, other))
    assert (first.error, second.error) == (None, None)
    assert first.events_added + second.events_added == 200
    assert first.events_duplicate + second.events_duplicate == 200
    assert len(await stored_ids(service)) == 200


async def test_one_poll_of_a_connector_runs_at_a_time(service, row, lab):
    lab.publish(lab.operations(5))
    lab.cloud.faults.add(faults.hang(seconds=0.5))
    running = asyncio.create_task(poll(service, row))
    await until_hanging(lab)
    with pytest.raises(Retry, match="Another poll of lab is running"):
        await poll(service, row)
    assert (await running).error is None
    assert (await poll(service, row)).error is None


async def test_every_poll_leaves_a_row_of_history_with_its_counts(service, row, lab):
    lab.publish(lab.operations(5))
    result = await poll(service, row)
    (kept,) = await query(service, "SELECT * FROM polls")
    for name in (
        "window_since",
        "window_until",
        "requests",
        "pages",
        "events_read",
        "events_added",
        "error",
        "duration",
    ):
        assert kept[name] == getattr(result, name), name
    assert kept["finished_at"] is not None


async def test_a_cancelled_poll_is_recorded_as_interrupted(service, row, lab):
    lab.publish(lab.operations(5))
    lab.cloud.faults.add(faults.hang(seconds=1))
    running = asyncio.create_task(poll(service, row))
    await until_hanging(lab)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (kept,) = await query(service, "SELECT error FROM polls")
    assert kept["error"]["code"] == "interrupted"
    assert (await poll(service, row)).events_added == 10


async def test_a_database_lost_in_mid_poll_is_a_failed_poll_and_the_next_one_loses_nothing(
    service, row, lab, postgres, database_url
):
    lab.publish(lab.operations(250, each=timedelta(milliseconds=1)))
    lab.cloud.faults.add(faults.hang(seconds=0.5, skip=1))
    running = asyncio.create_task(poll(service, row))
    await until_hanging(lab)
    with psycopg.connect(postgres, autocommit=True) as connection:
        name = make_url(database_url).database
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    assert (await running).error["code"] == "database_unreachable"
    assert (await poll(service, row)).error is None
    assert len(set(await stored_ids(service))) == len(await stored_ids(service)) == 500


async def test_a_poll_whose_process_was_killed_shows_as_interrupted_once_the_next_one_runs(service, row):
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO polls (connector_id, stream, started_at, requests, pages, events_read, events_added,"
            " events_dropped, events_duplicate, events_quarantined, late_recovered)"
            " VALUES (%s, 'activity', now(), 0, 0, 0, 0, 0, 0, 0, 0)",
            (row.id,),
        )
    await poll(service, row)
    killed, lived = await query(service, "SELECT error, finished_at FROM polls ORDER BY id")
    assert killed["error"]["code"] == "interrupted"
    assert lived["error"] is None


def broken_record(lab, raw):
    """Wrap bytes of a record so that the simulated cloud serves them as they are."""
    at = ticks.from_datetime(lab.clock.now() - timedelta(minutes=1))
    return Rendered(at, at, "broken", raw, "", "", "", "")
