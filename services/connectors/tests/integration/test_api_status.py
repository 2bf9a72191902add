"""Health, readiness and metrics: what supervisors and Prometheus are told, and who may ask."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from conftest import SECRET
from filed_alerts import file_alert
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from support import ADDRESS, story

from app.collection.manage import add_connector, remove_connector, switch_connector
from app.collection.poll import poll
from app.collection.readings import request_reading
from app.collection.totals import Summary
from app.storage.polls import finish_poll, start_poll
from app.web.app import create_app
from simulator import faults

OPERATIONS = Path(__file__).parents[4] / "docs" / "operations.md"


async def scraped(client):
    """Return every sample: its name and labels, and its value."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "le")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


async def test_the_process_says_that_it_lives_to_everybody(calling):
    async with calling(None) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).json() == {"status": "ready"}


async def test_without_its_database_it_lives_and_is_not_ready(service):
    nowhere = create_async_engine("postgresql+psycopg://nobody:secret-password@127.0.0.1:9/nothing")
    lost = create_app(replace(service, engine=nowhere))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(lost), base_url=ADDRESS) as client:
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready"})
    await nowhere.dispose()


async def test_with_another_schema_it_is_not_ready(api, service):
    async with service.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert (await api.get("/readyz")).status_code == 503


async def test_metrics_are_for_those_who_may_look(calling):
    async with calling(None) as client:
        assert (await client.get("/metrics")).status_code == 401
    async with calling("viewer") as client:
        assert (await client.get("/metrics")).headers["content-type"].startswith("text/plain")


async def test_polls_and_events_are_counted_by_connector_and_tier(api, service, row, lab):
    lab.publish(story(lab))
    await poll(service, row)
    lab.cloud.faults.add(faults.error("activity", 400, "BadRequest", "no", count=None))
    await poll(service, row)
    told = await scraped(api)
    assert told["aisoc_polls_total", "lab", "complete", "poll"] == 1
    assert told["aisoc_polls_total", "lab", "request_refused", "poll"] == 1
    assert told["aisoc_events_added_total", "lab", "poll"] == told["aisoc_events_read_total", "lab", "poll"] > 0
    assert told["aisoc_connector_state", "lab", "failing"] == 1
    assert told["aisoc_connector_state", "lab", "healthy"] == 0


async def test_coverage_grows_old_by_itself(api, service, row, lab):
    await poll(service, row)
    assert (await scraped(api))["aisoc_connector_state", "lab", "healthy"] == 1
    lab.clock.advance(hours=2)
    told = await scraped(api)
    assert told["aisoc_coverage_age_seconds", "lab"] == 7200
    assert told["aisoc_connector_state", "lab", "behind"] == 1


async def test_the_state_is_the_one_that_the_list_of_connectors_tells(api, service, row, lab):
    paused = await add_connector(service, "azure_activity", "paused", lab.config())
    await switch_connector(service, paused, enabled=False)
    await add_connector(service, "azure_activity", "new", lab.config())
    await poll(service, row)
    told = await scraped(api)
    listed = {one["name"]: one["health"] for one in (await api.get("/api/v1/connectors")).json()["items"]}
    assert {state["state"] for state in listed.values()} == {"healthy", "paused", "behind"}
    for name, health in listed.items():
        assert told["aisoc_connector_state", name, health["state"]] == 1
        assert told["aisoc_coverage_age_seconds", name] == pytest.approx(health["behind_seconds"], abs=1)


async def test_a_hold_of_the_source_is_told(api, service, row, lab):
    lab.cloud.throttle.retry_after = 600
    while lab.cloud.throttle.spend(lab.subscription, lab.app.object_id, lab.clock.now()).retry_after is None:
        pass
    await poll(service, row)
    told = await scraped(api)
    assert told["aisoc_polls_total", "lab", "throttled", "poll"] == 1
    assert 0 < told["aisoc_throttled_seconds", "lab"] <= 600


async def test_lags_are_told_as_quantiles(api, service, row, lab):
    lab.publish(lab.operations(3))
    await poll(service, row)
    told = await scraped(api)
    assert told["aisoc_event_lag_seconds", "lab", "0.5"] <= told["aisoc_event_lag_seconds", "lab", "1"]


async def test_readings_and_quarantine_are_counted(api, service, row):
    await request_reading(service, row, "poll")
    told = await scraped(api)
    assert told["aisoc_readings", "poll", "waiting"] == 1
    assert told["aisoc_quarantine_records",] == 0


async def test_alerts_are_counted_by_severity_and_those_of_the_queue_by_status_too(api, service):
    assert (await scraped(api))["aisoc_alerts_total", "critical"] == 0
    await file_alert(service, severity="critical")
    await file_alert(service, severity="critical", status="in_progress")
    await file_alert(service, severity="critical", status="closed", verdict="benign")
    await file_alert(service, severity="critical", superseded_by=uuid4())
    told = await scraped(api)
    assert told["aisoc_alerts_total", "critical"] == 4
    assert told["aisoc_alerts_open", "critical", "new"] == 1
    assert told["aisoc_alerts_open", "critical", "in_progress"] == 1
    assert told["aisoc_alerts_open", "high", "new"] == 0


async def test_requests_are_timed_by_route_and_never_by_what_was_typed(api, row):
    await api.get(f"/api/v1/connectors/{row.id}")
    await api.get("/api/v1/nothing-like-this")
    await api.request("BREW", "/api/v1/connectors")
    answer = await api.get("/metrics")
    route = 'method="GET",route="/api/v1/connectors/{connector_id}",status="200"'
    assert f"aisoc_http_request_duration_seconds_count{{{route}}} 1.0" in answer.text
    assert "nothing-like-this" not in answer.text
    assert str(row.id) not in answer.text
    assert "BREW" not in answer.text


async def test_sums_are_the_same_whether_taken_at_once_or_bit_by_bit(service, row, lab):
    bit_by_bit = Summary()

    async def read(summary):
        async with service.engine.connect() as connection:
            return (await summary.read(connection, service.clock.now())).polls

    for number in range(6):
        lab.publish(lab.operations(number))
        await poll(service, row)
        lab.clock.advance(minutes=5)
        assert await read(bit_by_bit) == await read(Summary())
    assert bit_by_bit._horizon > 1
    await remove_connector(service, row)
    assert await read(bit_by_bit) == {}


async def test_a_poll_that_ends_after_later_ones_is_summed_once(service, row):
    summary = Summary()

    async def sums():
        async with service.engine.connect() as connection:
            polls = (await summary.read(connection, service.clock.now())).polls
        return sum(counted["polls"] for counted in polls.values())

    async def add(tier, finished):
        async with service.engine.begin() as connection:
            poll_id = await start_poll(connection, row.id, "activity", tier, service.clock.now())
            if finished:
                await finish_poll(connection, poll_id, {"finished_at": service.clock.now()})

    await add("poll", finished=True)
    await add("backfill", finished=False)
    await add("poll", finished=True)
    service.clock.advance(minutes=5)
    assert [await sums(), await sums()] == [2, 2]
    async with service.engine.begin() as connection:
        await connection.execute(text("UPDATE polls SET finished_at = :now"), {"now": service.clock.now()})
    assert await sums() == 3
    service.clock.advance(minutes=5)
    assert [await sums(), await sums()] == [3, 3]


async def test_metrics_hold_no_secret(api, service, row, lab):
    await poll(service, row)
    assert SECRET not in (await api.get("/metrics")).text


async def test_every_metric_is_in_the_table_of_operations(api, service, row, lab):
    lab.publish(lab.operations(3))
    await poll(service, row)
    await request_reading(service, row, "poll")
    families = text_string_to_metric_families((await api.get("/metrics")).text)
    told = set(re.findall(r"^\| `(aisoc_\w+)`", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE))
    assert {family.name + ("_total" if family.type == "counter" else "") for family in families} == told
