"""An operation is one alert of a rule: its records fold into it, in whatever pages they come."""

import json
from datetime import timedelta

import pytest
from detections import GRANT, OWNER, READER, a_rule, alerts_of, body_of, grants_owner, some_rules
from support import query

from app.detection.engine import detect
from app.events.event import Severity
from app.storage.events import store_events

WRITE = "Microsoft.Storage/storageAccounts/write"
STORAGE = a_rule("storage is written", WRITE.lower())


async def store(service, connector, records, rules, label="lab", on_failure=None):
    """Store records as a page, and judge what is new of them."""
    found = [(connector.normalize(raw), raw) for raw in (json.dumps(record).encode() for record in records)]
    raws = {event.id: raw for event, raw in found}
    async with service.engine.begin() as connection:
        added = await store_events(connection, label, found)
        stored = [(event, raws[event.id]) for event in added]
        return await detect(connection, rules, stored, label, service.clock.now(), on_failure)


@pytest.fixture
def at(lab):
    return lab.clock.now() - timedelta(hours=1)


async def test_the_records_of_an_operation_are_one_alert_whose_outcome_fills_in(service, connector, lab, at):
    started, accepted, succeeded = lab.operation(WRITE, at, accepted=True)
    rules = some_rules(STORAGE)
    assert (await store(service, connector, [started], rules)).alerts == 1
    [alert] = await alerts_of(service)
    assert (alert["outcome"], alert["events"], alert["first_time"]) == ("in_progress", 1, alert["last_time"])
    assert (await store(service, connector, [accepted, succeeded], rules)).alerts == 0
    [alert] = await alerts_of(service)
    assert (alert["outcome"], alert["events"]) == ("success", 3)
    assert alert["first_time"] < alert["last_time"]
    changes = await query(service, "SELECT action, facts, actor FROM alert_changes ORDER BY id")
    assert [(change["action"], change["facts"]) for change in changes] == [
        ("created", {"outcome": "in_progress"}),
        ("outcome", {"from": "in_progress", "to": "success"}),
    ]


async def test_the_same_operation_on_two_resources_is_two_alerts(service, connector, lab, at):
    one = lab.operation(WRITE, at, resource="resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/one")
    two = lab.operation(WRITE, at, resource="resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/two")
    for record in two:
        record["correlationId"], record["operationId"] = one[0]["correlationId"], one[0]["operationId"]
    await store(service, connector, one + two, some_rules(STORAGE))
    assert {alert["title"] for alert in await alerts_of(service)} == {
        f"Storage is written: one by {one[0]['caller']}",
        f"Storage is written: two by {one[0]['caller']}",
    }


async def test_a_rule_that_reads_the_request_finds_it_in_a_record_stored_later(service, connector, lab, at):
    started, succeeded = lab.operation("Microsoft.Authorization/roleAssignments/write", at, body=body_of(OWNER))
    rules = some_rules(a_rule("owner", GRANT, grants_owner, needs_request=True, alert_title="{actor} grants {role}"))
    await store(service, connector, [succeeded], rules)
    assert [alert["kind"] for alert in await alerts_of(service)] == ["severity"]
    await store(service, connector, [started], rules)
    alerts = {alert["kind"]: alert for alert in await alerts_of(service)}
    assert alerts["event"]["title"] == f"{started['caller']} grants Owner"
    assert alerts["event"]["events"] == 2
    assert alerts["severity"]["superseded_by"] == alerts["event"]["id"]
    entities = await query(
        service, "SELECT kind, value FROM alert_entities WHERE alert_id = :id", id=alerts["event"]["id"]
    )
    assert {entity["kind"] for entity in entities} == {"actor", "ip", "resource", "principal"}


async def test_a_rule_that_reads_the_request_is_not_judged_without_one(service, connector, lab, at):
    _, succeeded = lab.operation("Microsoft.Authorization/roleAssignments/write", at, body=body_of(READER))
    other = a_rule("not reader", GRANT, lambda record: READER not in str(record.request), needs_request=True)
    rules = some_rules(other)
    await store(service, connector, [succeeded], rules)
    [alert] = await alerts_of(service)
    assert (alert["kind"], alert["superseded_by"]) == ("severity", None)
    assert (alert["rule_id"], alert["severity"], alert["techniques"]) == (
        f"severity:{GRANT}",
        Severity.HIGH.value,
        ["T1098.003"],
    )


async def test_a_rule_that_fails_stops_neither_the_others_nor_the_storing(service, connector, lab, at):
    def broken(record):
        raise ValueError(record.event.title)

    failed = []
    rules = some_rules(a_rule("broken", WRITE.lower(), broken), STORAGE)
    records = lab.operation(WRITE, at)
    await store(service, connector, records, rules, on_failure=lambda rule, error: failed.append((rule.id, str(error))))
    assert {rule for rule, _ in failed} == {"broken"}
    assert [alert["rule_id"] for alert in await alerts_of(service)] == [STORAGE.id]
    assert (await query(service, "SELECT count(*) AS stored FROM events"))[0]["stored"] == 2


async def test_a_record_that_does_not_match_by_itself_comes_with_its_operation(service, connector, lab, at):
    started, succeeded = lab.operation(WRITE, at)
    rules = some_rules(a_rule("begun", WRITE.lower(), lambda record: record.event.status == "Started"))
    await store(service, connector, [started], rules)
    await store(service, connector, [succeeded], rules)
    [alert] = await alerts_of(service)
    assert (alert["outcome"], alert["events"]) == ("success", 2)
    rows = await query(service, "SELECT rule_id FROM alert_events ORDER BY event_time")
    assert [row["rule_id"] for row in rows] == ["begun", ""]


async def test_a_final_outcome_stands_whatever_is_recorded_after_it(service, connector, lab, at):
    started, accepted, failed = lab.operation(WRITE, at, accepted=True, outcome="Failed")
    accepted["eventTimestamp"], failed["eventTimestamp"] = failed["eventTimestamp"], accepted["eventTimestamp"]
    for record in (failed, accepted, started):
        await store(service, connector, [record], some_rules(STORAGE))
        assert [alert["outcome"] for alert in await alerts_of(service)] == ["failure"]


async def test_a_late_record_does_not_open_a_closed_alert(service, connector, lab, at):
    started, failed = lab.operation(WRITE, at, outcome="Failed")
    await store(service, connector, [started], some_rules(STORAGE))
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alerts SET status = 'closed', verdict = 'benign', assignee = 'anna'")
    await store(service, connector, [failed], some_rules(STORAGE))
    [alert] = await query(service, "SELECT status, verdict, assignee, outcome, events FROM alerts")
    assert alert == {"status": "closed", "verdict": "benign", "assignee": "anna", "outcome": "failure", "events": 2}


async def test_what_an_event_holds_breaks_neither_the_storing_nor_the_alert(service, connector, lab, at):
    long = "🔒é" * 900
    name = f"resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments/{{actor}}{long}"
    wild = body_of("\u0000\ud800{resource}\u202e\nrole", principal="\u0000" + long)
    records = lab.operation("Microsoft.Authorization/roleAssignments/write", at, resource=name, body=wild)
    rules = some_rules(a_rule("any", GRANT, alert_title="{role}: {resource} {0} {__class__} {nothing} {actor}"))
    await store(service, connector, records, rules)
    alert = next(alert for alert in await alerts_of(service) if alert["kind"] == "event")
    assert len(alert["title"]) <= 300
    assert alert["title"].isprintable()
    assert "{actor}" in alert["title"]
    assert "{0} {__class__} an unknown nothing" in alert["title"]
