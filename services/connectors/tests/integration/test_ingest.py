import gzip
import io
import json
from datetime import timedelta

import pytest
from support import query

from app.collection.files import ingest
from app.collection.poll import poll


async def ingested(service, connector, data):
    stream = io.BufferedReader(io.BytesIO(data))
    return await ingest(service, connector, stream, "export.json", "archive", lambda _position: None)


def exported(n):
    return {
        "time": f"2026-04-01T10:00:{n % 60:02}.{n:07}Z",
        "resourceId": f"/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.STORAGE/STORAGEACCOUNTS/A{n}",
        "operationName": "MICROSOFT.STORAGE/STORAGEACCOUNTS/WRITE",
        "category": "Administrative",
        "resultType": "Success",
    }


def as_row(event):
    """Return an event of the REST shape as the AzureActivity table of Log Analytics shows it."""
    return {
        "TimeGenerated": event["eventTimestamp"],
        "OperationNameValue": event["operationName"]["value"].upper(),
        "ActivityStatusValue": "Success",
        "_ResourceId": event["resourceId"].lower(),
        "EventDataId": event["eventDataId"],
        "CategoryValue": "Administrative",
    }


async def test_an_exported_file_is_stored_under_its_name(service, connector):
    result = await ingested(service, connector, json.dumps({"records": [exported(n) for n in range(1200)]}).encode())
    assert (result.error, result.events_read, result.events_added) == (None, 1200, 1200)
    assert await query(service, "SELECT connector, count(*) AS n FROM events GROUP BY 1") == [
        {"connector": "archive", "n": 1200}
    ]


async def test_a_file_ingested_twice_is_stored_once_gzipped_or_not(service, connector):
    data = "\n".join(json.dumps(exported(n)) for n in range(10)).encode()
    assert (await ingested(service, connector, data)).events_added == 10
    again = await ingested(service, connector, gzip.compress(data))
    assert (again.events_added, again.events_duplicate) == (0, 10)


async def test_a_polled_event_is_not_stored_again_from_a_rest_file_or_a_log_analytics_row(service, connector, row, lab):
    records = lab.operation("Microsoft.Storage/storageAccounts/write", lab.clock.now() - timedelta(minutes=1))
    lab.publish(records)
    await poll(service, row)
    rest = await ingested(service, connector, json.dumps({"value": records}).encode())
    rows = await ingested(service, connector, json.dumps([as_row(record) for record in records]).encode())
    assert (rest.events_duplicate, rows.events_duplicate) == (2, 2)


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
async def test_a_file_cut_in_the_middle_stores_what_is_whole_and_says_so(service, connector, zipped):
    data = json.dumps({"records": [exported(n) for n in range(900)]}).encode()
    packed = gzip.compress(data) if zipped else data
    cut = packed[: int(len(packed) * 0.8)]
    result = await ingested(service, connector, cut)
    assert result.error["code"] == "file_not_whole"
    assert 500 < result.events_added < 900
    assert f"after {result.events_added} complete records" in result.error["message"]
    whole = await ingested(service, connector, packed)
    assert (whole.error, whole.events_added + result.events_added) == (None, 900)


async def test_a_broken_line_among_good_ones_is_quarantined_alone(service, connector):
    lines = [json.dumps(exported(1)), '{"time": "2026-04-01', json.dumps(exported(2))]
    result = await ingested(service, connector, "\n".join(lines).encode())
    assert (result.error, result.events_added, result.events_quarantined) == (None, 2, 1)
