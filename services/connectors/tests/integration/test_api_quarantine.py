"""Quarantine over the API: listed, exact, and tried again."""

import json
from uuid import uuid4

import pytest
from support import query

from app.collection.intake import sort_records
from app.storage.events import store_events
from app.storage.quarantine import Unreadable, quarantine_records

BROKEN = b'{"strange": \xff}'


@pytest.fixture
async def put(service):
    """Put records into quarantine, under a connector's name."""

    async def _put(*raws, connector="lab"):
        async with service.engine.begin() as connection:
            records = [Unreadable(raw, "azure_activity", "not_a_record", "No reason.") for raw in raws]
            await quarantine_records(connection, connector, records)

    return _put


@pytest.fixture
def understandable(lab):
    """Records that can be understood by now."""
    return [json.dumps(event.record if hasattr(event, "record") else event).encode() for event in lab.operations(2)]


async def listed(api, **params):
    return (await api.get("/api/v1/quarantine", params=params)).json()["items"]


async def test_a_poll_says_which_source_is_to_try_its_records_again(connector):
    assert sort_records(connector, [BROKEN]).quarantined[0].source == "azure_activity"


async def test_records_are_listed_and_their_bytes_are_exact(api, put):
    await put(BROKEN)
    (record,) = await listed(api)
    assert (record["connector"], record["code"], record["size"]) == ("lab", "not_a_record", len(BROKEN))
    raw = await api.get(f"/api/v1/quarantine/{record['id']}/raw")
    assert raw.content == BROKEN
    assert raw.headers["content-type"] == "application/octet-stream"
    assert raw.headers["content-disposition"].startswith("attachment")


async def test_records_are_listed_page_by_page(api, put):
    await put(*(b"record %d" % number for number in range(5)))
    await put(b"another", connector="other")
    found, cursor = [], None
    while True:
        params = {"limit": 2, "connector": "lab"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/api/v1/quarantine", params=params)).json()
        found += [record["id"] for record in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(found) == len(set(found)) == 5
    assert len(await listed(api)) == 6


async def test_a_record_that_is_understood_now_becomes_an_event(api, service, put, understandable):
    await put(understandable[0])
    (record,) = await listed(api)
    answer = (await api.post(f"/api/v1/quarantine/{record['id']}/retry")).json()
    assert answer == {"tried": 1, "added": 1, "duplicate": 0, "dropped": 0, "kept": 0}
    assert await listed(api) == []
    (event,) = await query(service, "SELECT connector FROM events")
    assert event["connector"] == "lab"
    (noted,) = await query(service, "SELECT action, facts FROM audit_log WHERE ip IS NOT NULL")
    assert noted == {"action": "quarantine.retry", "facts": answer}


async def test_a_record_that_is_still_not_understood_stays_with_the_new_reason(api, put):
    await put(BROKEN)
    assert (await api.post("/api/v1/quarantine/retry")).json()["kept"] == 1
    (record,) = await listed(api)
    assert record["reason"] != "No reason."


async def test_all_records_are_tried_and_each_counted_once(api, service, put, understandable, connector):
    stored, new, *_ = understandable[::2]
    read = json.dumps(json.loads(new) | {"operationName": {"value": "Microsoft.Storage/storageAccounts/read"}}).encode()
    async with service.engine.begin() as connection:
        await store_events(connection, "lab", [(connector.normalize(stored), stored)])
    await put(stored, new, read, BROKEN)
    await put(b"theirs", connector="other")
    answer = (await api.post("/api/v1/quarantine/retry", params={"connector": "lab"})).json()
    assert answer == {"tried": 4, "added": 1, "duplicate": 1, "dropped": 1, "kept": 1}
    assert len(await listed(api)) == 2


async def test_a_failure_while_storing_loses_no_record(api, put, understandable, monkeypatch):
    await put(understandable[0])

    def crash(*_):
        raise ValueError

    monkeypatch.setattr("app.collection.quarantine.release_records", crash)
    assert (await api.post("/api/v1/quarantine/retry")).status_code == 500
    assert len(await listed(api)) == 1


async def test_more_records_than_one_batch_are_tried(api, put, monkeypatch):
    await put(*(b"record %d" % number for number in range(250)))
    assert (await api.post("/api/v1/quarantine/retry")).json()["tried"] == 250


async def test_a_viewer_tries_no_record_again(calling, put):
    await put(BROKEN)
    async with calling("viewer") as viewer:
        assert (await viewer.post("/api/v1/quarantine/retry")).status_code == 403


@pytest.mark.parametrize(("method", "path"), [("GET", "raw"), ("POST", "retry")])
async def test_a_record_that_does_not_exist_is_not_found(api, method, path):
    answer = await api.request(method, f"/api/v1/quarantine/{uuid4()}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_record")
