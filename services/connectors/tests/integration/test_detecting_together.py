"""Correlations and first-seen rules from their files to their alerts, through the same door as every event."""

import json
from datetime import timedelta

import pytest
from conftest import NOW
from support import query

from app.collection.intake import sort_records
from app.collection.storing import store_intake
from app.detection.reading import read_rules

_GRANTED = """
title: Role granted
id: 11111111-1111-4111-8111-111111111111
name: granted
logsource: {product: azure, service: activitylogs}
detection: {selection: {operationName: Microsoft.Authorization/roleAssignments/write}, condition: selection}
---
title: Deleted
id: 22222222-2222-4222-8222-222222222222
name: deleted
logsource: {product: azure, service: activitylogs}
detection: {selection: {operationName|endswith: /delete}, condition: selection}
---
title: Granted and then used
id: 33333333-3333-4333-8333-333333333333
level: high
correlation:
  type: temporal_ordered
  rules: [granted, deleted]
  group-by: [who]
  timespan: 1h
  aliases: {who: {granted: aisoc.principal_id, deleted: aisoc.actor}}
---
title: Three deletions
id: 44444444-4444-4444-8444-444444444444
level: high
correlation: {type: event_count, rules: [deleted], group-by: [aisoc.actor], timespan: 10m, condition: {gte: 3}}
aisoc: {title: '{actor} deleted {count}'}
---
title: New address
id: 55555555-5555-4555-8555-555555555555
level: low
logsource: {product: azure, service: activitylogs}
detection: {selection: {operationName: '*'}, condition: selection}
aisoc: {first_seen: {group-by: [aisoc.actor], field: aisoc.src_ip, timespan: 30d}}
"""
_GRANT = "Microsoft.Authorization/roleAssignments/write"


def a_record(number, minute, operation, status, *, caller="ada@contoso.com", ip="192.0.2.1", body=None, thing=None):
    path = f"/subscriptions/s/resourceGroups/rg/providers/{operation.rsplit('/', 1)[0]}/{thing or number}"
    return json.dumps(
        {
            "eventDataId": f"event-{number}-{status}",
            "eventTimestamp": (NOW + timedelta(minutes=minute)).isoformat(),
            "operationName": {"value": operation},
            "status": {"value": status},
            "category": {"value": "Administrative"},
            "caller": caller,
            "resourceId": path,
            "correlationId": f"operation-{number}",
            "operationId": f"operation-{number}",
            "httpRequest": {"clientIpAddress": ip},
            "properties": {"requestbody": json.dumps(body)} if body else {},
        }
    ).encode()


@pytest.fixture
async def store(service, connector, tmp_path, monkeypatch):
    """Store pages of records by these rules alone."""
    (tmp_path / "rules.yml").write_text(_GRANTED)
    rules = read_rules([tmp_path / "rules.yml"], {})
    assert rules.problems == ()
    service.rules._folders = (tmp_path,)  # beside nothing else
    service.rules.look_again()

    async def pages(*records):
        for page in records:
            intake = sort_records(connector, page)
            assert len(intake.events) == len(page)
            async with service.engine.begin() as connection:
                await store_intake(service, connection, "lab", intake)

    return pages


async def queue(service, kind):
    return await query(
        service,
        "SELECT * FROM alerts WHERE kind = :kind AND superseded_by IS NULL ORDER BY first_time",
        kind=kind,
    )


async def test_records_of_one_operation_count_once_and_what_only_serves_a_correlation_does_not_alert(service, store):
    name = "Microsoft.Storage/storageAccounts/delete"
    records = [a_record(n, n, name, status) for n in range(2) for status in ("Started", "Accepted", "Succeeded")]
    await store(records)
    assert await queue(service, "correlation") == []
    await store([a_record(2, 2, name, "Started")])
    (alert,) = await queue(service, "correlation")
    assert (alert["title"], alert["events"]) == ("ada@contoso.com deleted 3", 7)
    assert await queue(service, "event") == []


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
async def test_a_group_by_something_of_the_request_waits_for_the_record_that_has_it(service, store, order):
    body = {"properties": {"principalId": "9D1B3C0E-2f0f-4a0e-9a55-0a6a3c1f7a01", "roleDefinitionId": "/r/x"}}
    pages = [
        [a_record(1, 0, _GRANT, "Started", body=body)],
        [a_record(1, 1, _GRANT, "Succeeded")],
        [
            a_record(
                2, 5, "Microsoft.Sql/servers/delete", "Succeeded", caller="9d1b3c0e-2f0f-4a0e-9a55-0a6a3c1f7a01"
            )
        ],
    ]
    await store(*(pages[at] for at in order))
    (alert,) = await queue(service, "correlation")
    assert alert["facts"]["group"] == {"who": "9d1b3c0e-2f0f-4a0e-9a55-0a6a3c1f7a01"}
    assert alert["events"] == 3


async def test_a_first_seen_alert_has_all_records_of_its_operation_and_its_outcome(service, store):
    name = "Microsoft.Sql/servers/write"
    await store(
        [a_record(1, 0, name, "Succeeded")],
        [a_record(2, 90, name, "Started", ip="192.0.2.2")],
        [a_record(2, 91, name, "Failed", ip="192.0.2.2")],
        [a_record(3, 200, name, "Succeeded", ip="192.0.2.2")],
    )
    (alert,) = await queue(service, "first_seen")
    assert (alert["rule_title"], alert["events"], alert["outcome"]) == ("New address", 2, "failure")
    assert alert["first_time"] == NOW + timedelta(minutes=90)
