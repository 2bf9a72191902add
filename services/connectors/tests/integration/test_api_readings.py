"""Readings and their history over the API."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.collection.poll import Request, poll
from app.collection.readings import run_reading
from app.storage.readings import ReadingRow


@pytest.fixture
def one(row):
    return f"/api/v1/connectors/{row.id}"


@pytest.mark.parametrize("kind", ["poll", "sweep", "audit", "backfill"])
async def test_a_reading_is_asked_for_and_its_progress_read(api, service, one, lab, kind):
    lab.publish(lab.operations(3))
    answer = await api.post(f"{one}/readings", json={"kind": kind})
    assert answer.status_code == 202, answer.text
    asked = answer.json()
    assert asked["state"] == "waiting"
    assert asked["requested_by"] == "admin"
    await run_reading(service, ReadingRow(**asked).id)
    told = (await api.get(answer.headers["Location"])).json()
    assert told["state"] == "done"
    assert told["progress"]["events_added"] == 6
    assert told["error"] is None
    assert (await api.get(f"{one}/readings")).json() == {"items": [told]}


async def test_one_reading_of_a_kind_is_open_at_a_time(api, one):
    assert (await api.post(f"{one}/readings", json={"kind": "audit"})).status_code == 202
    answer = await api.post(f"{one}/readings", json={"kind": "audit"})
    assert (answer.status_code, answer.json()["code"]) == (409, "reading_open")


async def test_a_reading_is_stopped(api, one):
    place = (await api.post(f"{one}/readings", json={"kind": "backfill"})).headers["Location"]
    answer = await api.delete(place)
    assert (answer.status_code, answer.json()["state"]) == (202, "stopped")
    assert (await api.delete(place)).json()["state"] == "stopped"


@pytest.mark.parametrize(
    ("since", "code"),
    [
        ("0001-01-01T00:00:00+14:00", "invalid_request"),
        ("2026-05-01T00:00:00", "invalid_request"),
        ("2999-01-01T00:00:00Z", "since_in_future"),
    ],
)
async def test_a_start_that_makes_no_sense_is_refused(api, one, since, code):
    answer = await api.post(f"{one}/readings", json={"kind": "audit", "since": since})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_reading_that_does_not_exist_is_not_found(api):
    for answer in (await api.get(f"/api/v1/readings/{uuid4()}"), await api.delete(f"/api/v1/readings/{uuid4()}")):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_reading")


async def test_a_viewer_starts_and_stops_no_reading(api, calling, one):
    place = (await api.post(f"{one}/readings", json={"kind": "poll"})).headers["Location"]
    async with calling("viewer") as viewer:
        assert (await viewer.post(f"{one}/readings", json={"kind": "sweep"})).status_code == 403
        assert (await viewer.delete(place)).status_code == 403
        assert (await viewer.get(place)).json()["state"] == "waiting"


async def test_the_history_of_polls_is_read_page_by_page(api, service, one, row, lab):
    for _ in range(5):
        await poll(service, row)
        lab.clock.advance(minutes=5)
    whole = (await api.get(f"{one}/polls")).json()
    assert whole["next"] is None
    found, cursor = [], None
    while True:
        page = (await api.get(f"{one}/polls", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole["items"]
    assert len(found) == 5
    assert found == sorted(found, key=lambda each: each["started_at"], reverse=True)


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJhIl0", "WzEsMl0", "Wy0xXQ", "é"])
async def test_a_cursor_of_something_else_is_refused(api, one, cursor):
    answer = await api.get(f"{one}/polls", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_coverage_and_lags_are_the_ledgers(api, service, one, row, lab):
    lab.publish(lab.operations(3))
    await poll(service, row, Request(since=lab.clock.now() - timedelta(days=100)))
    told = (await api.get(f"{one}/coverage")).json()
    assert told["name"] == "lab"
    assert told["health"]["state"] == "healthy"
    assert told["gaps"][0]["reason"] == "older_than_retention"
    assert told["read"][-1]["until"] == told["covered_until"]
    lags = (await api.get(f"{one}/lags")).json()
    assert lags == told["lag"]
    assert lags["events"] == 6
    assert lags["histogram"][-1]["up_to_seconds"] is None
    assert sum(bucket["events"] for bucket in lags["histogram"]) == 6
