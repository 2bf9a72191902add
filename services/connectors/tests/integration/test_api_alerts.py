"""Alerts over the API: the queue and its filters, one alert with all that belongs to it, and working them."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from filed_alerts import RULE, file_alert
from support import query, story

from app.clock import iso
from app.collection.poll import poll
from app.detection.alerts import AlertChange, change_alerts
from app.errors import Conflict
from app.security.roles import Role
from app.security.users import add_user, switch_user
from app.storage.alert_queries import MOST_COUNTED

ALERTS = "/api/v1/alerts"
HOUR = timedelta(hours=1)


async def listed(api, **params):
    answer = await api.get(ALERTS, params=params)
    assert answer.status_code == 200, answer.text
    return [UUID(alert["id"]) for alert in answer.json()["items"]]


async def changed(api, ids, **change):
    answer = await api.patch(ALERTS, json={"ids": [str(each) for each in ids], **change})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def refused(api, ids, **change):
    answer = await api.patch(ALERTS, json={"ids": [str(each) for each in ids], **change})
    return answer.status_code, answer.json()["code"]


async def told(api, alert_id):
    answer = await api.get(f"{ALERTS}/{alert_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_queue_has_open_alerts_the_latest_first(api, service):
    old = await file_alert(service, ago=5 * HOUR)
    grown = await file_alert(service, ago=9 * HOUR, last_time=service.clock.now())
    begun = await file_alert(service, ago=HOUR, status="in_progress")
    await file_alert(service, status="closed", verdict="benign")
    await file_alert(service, superseded_by=old)
    assert await listed(api) == [grown, begun, old]


async def test_the_queue_puts_the_most_severe_first_when_asked_to(api, service):
    low = await file_alert(service, severity="low")
    old, new = [await file_alert(service, severity="critical", ago=n * HOUR) for n in (2, 1)]
    assert await listed(api, order="severity") == [new, old, low]


@pytest.mark.parametrize("order", ["newest", "severity"])
async def test_pages_join_into_the_whole_while_alerts_arrive(api, service, order):
    for number in range(7):
        await file_alert(service, severity=("low", "high")[number % 2], ago=(number // 3) * HOUR)
    whole, parts, cursor = await listed(api, order=order), [], None
    while True:
        params = {"limit": 2, "order": order} | ({"cursor": cursor} if cursor else {})
        page = (await api.get(ALERTS, params=params)).json()
        parts += [UUID(alert["id"]) for alert in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        await file_alert(service, severity="critical", ago=-HOUR)
    assert parts == whole


@pytest.mark.parametrize("order", ["newest", "severity"])
@pytest.mark.parametrize("cursor", ["nonsense", "9" + "A" * 32, "é", "-1"])
async def test_a_cursor_of_something_else_is_refused(api, order, cursor):
    answer = await api.get(ALERTS, params={"cursor": cursor, "order": order})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_a_cursor_of_another_order_is_refused(api, service):
    for _ in range(2):
        await file_alert(service)
    cursors = {
        order: (await api.get(ALERTS, params={"limit": 1, "order": order})).json()["next"]
        for order in ("newest", "severity")
    }
    for order, other in (("newest", "severity"), ("severity", "newest")):
        assert (await api.get(ALERTS, params={"cursor": cursors[other], "order": order})).status_code == 422


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"severity": ["medium", "critical"]}, {"roles"}),
        ({"rule": "other-rule"}, {"ports"}),
        ({"assignee": "nobody"}, {"roles", "ports"}),
        ({"assignee": "Anna"}, {"keys"}),
        ({"assignee": "me"}, set()),
        ({"entity": "ALICE@contoso.com"}, {"roles", "keys"}),
        ({"entity": "alice@contoso.com", "entity_kind": "principal"}, {"keys"}),
        ({"entity": "alice"}, set()),
        ({"technique": "t1098"}, {"roles", "keys"}),
        ({"technique": "T1562.007"}, {"ports"}),
        ({"technique": "T1562.00"}, None),
        ({"text": "OWNER granted"}, {"roles"}),
        ({"text": "100%"}, {"ports"}),
        ({"text": "_"}, set()),
        ({"since": "2026-05-01T11:00:00Z"}, {"roles"}),
        ({"until": "2026-05-01T10:30:00Z"}, {"ports", "keys"}),
        ({"status": ["closed"]}, {"done"}),
        ({"status": ["closed", "new"]}, {"done", "roles", "ports"}),
        ({"superseded": "true"}, {"roles", "ports", "keys", "less"}),
        ({"event": "00000000-0000-4000-8000-00000000000e"}, {"keys"}),
    ],
)
async def test_alerts_are_found_by_what_is_asked_of_them(api, service, params, found):
    event = UUID("00000000-0000-4000-8000-00000000000e")
    own = {
        "roles": await file_alert(service, severity="critical", entities=[("actor", "Alice@contoso.com")]),
        "ports": await file_alert(
            service, title="Port 22 open to 100% of the internet", rule_id="other-rule", techniques=["T1562.007"],
            ago=2 * HOUR,
        ),
        "keys": await file_alert(
            service, title="Keys listed", status="in_progress", assignee="anna", ago=3 * HOUR,
            entities=[("principal", "alice@contoso.com"), ("ip", "203.0.113.9")],
            events={event: (service.clock.now() - 3 * HOUR, RULE)},
        ),
    }  # fmt: skip
    own["done"] = await file_alert(service, status="closed", verdict="false_positive")
    own["less"] = await file_alert(service, superseded_by=own["roles"])
    if found is None:
        assert (await api.get(ALERTS, params=params)).status_code == 422
        return
    names = {alert_id: name for name, alert_id in own.items()}
    assert {names[each] for each in await listed(api, **params)} == found


async def test_the_head_of_the_queue_counts_by_status_and_by_severity(api, service):
    for severity, status in (("high", "new"), ("high", "in_progress"), ("low", "new")):
        await file_alert(service, severity=severity, status=status)
    await file_alert(service, status="closed", verdict="benign")
    await file_alert(service, superseded_by=uuid4())
    counts = (await api.get(f"{ALERTS}/counts")).json()
    assert counts["by_status"] == {"new": 2, "in_progress": 1, "closed": 1}
    assert {name: number for name, number in counts["by_severity"].items() if number} == {"high": 2, "low": 1}
    assert counts["more"] is False
    of_low = (await api.get(f"{ALERTS}/counts", params={"severity": "low", "status": "closed"})).json()
    assert of_low["by_status"] == {"new": 1, "in_progress": 0, "closed": 0}
    assert {name: number for name, number in of_low["by_severity"].items() if number} == {"high": 1}


async def test_counting_ends_somewhere(api, service):
    await file_alert(service)
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO alerts SELECT (jsonb_populate_record(alerts, "
            "jsonb_build_object('id', gen_random_uuid()))).* FROM alerts, generate_series(1, 10050)"
        )
    counts = (await api.get(f"{ALERTS}/counts")).json()
    assert (counts["by_status"]["new"], counts["more"]) == (MOST_COUNTED, True)


async def test_an_alert_has_its_events_with_the_rule_that_each_matched(api, service, row, lab):
    lab.publish(story(lab))
    await poll(service, row)
    events = (await api.get("/api/v1/events", params={"q": "operation:roleassignments", "order": "oldest"})).json()
    first, second = events["items"][:2]
    at = service.clock.now()
    alert_id = await file_alert(
        service, events={UUID(first["id"]): (at - HOUR, ""), UUID(second["id"]): (at, RULE), uuid4(): (at, RULE)}
    )
    alert = await told(api, alert_id)
    assert alert["event_list"] == [{"rule_id": "", "event": first}, {"rule_id": RULE, "event": second}]


async def test_the_timeline_has_the_operation_and_what_the_actor_did_an_hour_around(api, service, row, lab):
    lab.publish(story(lab))
    lab.publish(lab.operation("Microsoft.Storage/storageAccounts/delete", service.clock.now() - 3 * HOUR))
    await poll(service, row)
    events = (await api.get("/api/v1/events", params={"q": "operation:roleassignments", "order": "oldest"})).json()
    match = events["items"][-1]
    alert_id = await file_alert(service, events={UUID(match["id"]): (service.clock.now(), RULE)})
    timeline = (await api.get(f"{ALERTS}/{alert_id}/timeline")).json()
    assert [event["id"] for event in timeline["operation"]] == [event["id"] for event in events["items"]]
    assert timeline["of_alert"] == [match["id"]]
    nearby = (await api.get("/api/v1/events", params={"q": f"actor:{match['actor']} since:2h"})).json()["items"]
    assert {event["id"] for event in timeline["actor"]} == {event["id"] for event in nearby}
    times = [event["event_time"] for event in timeline["actor"]]
    assert times == sorted(times)


async def test_an_alert_without_events_has_an_empty_timeline(api, service):
    timeline = await api.get(f"{ALERTS}/{await file_alert(service)}/timeline")
    assert timeline.json() == {"operation": [], "actor": [], "of_alert": []}


@pytest.mark.parametrize("path", ["", "/timeline"])
async def test_an_alert_that_does_not_exist_is_not_found(api, path):
    answer = await api.get(f"{ALERTS}/{uuid4()}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_alert")


async def test_an_alert_is_worked_and_its_history_tells_it(api, service):
    alert_id = await file_alert(service)
    await changed(api, [alert_id], status="in_progress", assignee="me")
    note = await api.post(f"{ALERTS}/{alert_id}/notes", json={"text": " Asked the owner:\nplanned. "})
    assert note.status_code == 201
    service.clock.advance(minutes=10)
    (closed,) = await changed(api, [alert_id], status="closed", verdict="benign")
    assert (closed["status"], closed["verdict"], closed["assignee"]) == ("closed", "benign", "admin")
    assert closed["updated_at"] == iso(service.clock.now())
    history = (await told(api, alert_id))["history"]
    assert [(entry["actor"], entry["action"], entry["facts"]) for entry in history] == [
        ("admin", "change", {"status": ["new", "in_progress"], "assignee": [None, "admin"]}),
        ("admin", "note", {"text": "Asked the owner:\nplanned."}),
        ("admin", "change", {"status": ["in_progress", "closed"], "verdict": [None, "benign"]}),
    ]
    assert history[1] == note.json()


async def test_every_change_is_in_the_audit_log(api, service):
    ids = [await file_alert(service) for _ in range(2)]
    await changed(api, ids, status="closed", verdict="true_positive")
    await api.post(f"{ALERTS}/{ids[0]}/notes", json={"text": "A secret of the case"})
    entries = await query(service, "SELECT * FROM audit_log WHERE action LIKE 'alert.%' ORDER BY id")
    assert [(entry["action"], entry["actor"], entry["target"]) for entry in entries] == [
        ("alert.change", "admin", "2 alerts"),
        ("alert.note", "admin", str(ids[0])),
    ]
    assert entries[0]["facts"] == {
        "status": "closed",
        "verdict": "true_positive",
        "alerts": [str(alert_id) for alert_id in ids],
    }
    assert entries[1]["facts"] == {}


async def test_opening_an_alert_again_clears_its_verdict(api, service):
    alert_id = await file_alert(service, status="closed", verdict="benign")
    (opened,) = await changed(api, [alert_id], status="in_progress")
    assert (opened["status"], opened["verdict"]) == ("in_progress", None)


async def test_the_verdict_of_a_closed_alert_can_be_another(api, service):
    alert_id = await file_alert(service, status="closed", verdict="benign")
    (alert,) = await changed(api, [alert_id], verdict="true_positive")
    assert (alert["status"], alert["verdict"]) == ("closed", "true_positive")


async def test_an_alert_is_given_back_to_nobody(api, service):
    alert_id = await file_alert(service, assignee="anna")
    (alert,) = await changed(api, [alert_id], assignee="nobody")
    assert alert["assignee"] is None


async def test_what_is_so_already_leaves_no_trace(api, service):
    alert_id = await file_alert(service, status="in_progress")
    await changed(api, [alert_id], status="in_progress", assignee="nobody")
    assert (await told(api, alert_id))["history"] == []
    assert not await query(service, "SELECT 1 FROM audit_log WHERE action LIKE 'alert.%'")


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"status": "closed"}, (422, "verdict_needed")),
        ({"verdict": "benign"}, (422, "verdict_needs_closed")),
        ({"status": "new", "verdict": "benign"}, (422, "verdict_needs_closed")),
        ({"assignee": "stranger"}, (422, "unknown_assignee")),
        ({"assignee": "vera"}, (422, "unknown_assignee")),
        ({"assignee": "otto"}, (422, "unknown_assignee")),
        ({}, (422, "nothing_to_change")),
        ({"status": "closed", "verdict": "maybe"}, (422, "invalid_request")),
        ({"status": "closed", "verdict": "benign", "expected_status": "in_progress"}, (409, "alert_changed")),
    ],
)
async def test_a_change_that_cannot_be_changes_none_of_the_alerts(api, service, change, answer):
    await add_user(service, "vera", Role.VIEWER)
    otto = await add_user(service, "otto", Role.ANALYST)
    await switch_user(service, otto.id, enabled=False)
    ids = [await file_alert(service, status="closed", verdict="true_positive"), await file_alert(service)]
    assert await refused(api, ids, **change) == answer
    assert [(await told(api, each))["history"] for each in ids] == [[], []]


async def test_a_change_of_an_alert_that_does_not_exist_changes_none(api, service):
    alert_id = await file_alert(service)
    assert await refused(api, [alert_id, uuid4()], status="in_progress") == (404, "unknown_alert")
    assert (await told(api, alert_id))["status"] == "new"


async def test_too_many_alerts_at_once_are_refused(api):
    assert await refused(api, [uuid4() for _ in range(501)], status="new") == (422, "invalid_request")


async def test_of_two_who_take_an_alert_at_once_one_is_told(service):
    alert_id = await file_alert(service)
    change = AlertChange(status="in_progress", expected_status="new")
    outcomes = await asyncio.gather(
        *(change_alerts(service, [alert_id], change) for _ in range(4)), return_exceptions=True
    )
    conflicts = [each for each in outcomes if isinstance(each, Conflict)]
    assert {each.code for each in conflicts} == {"alert_changed"}
    assert len(conflicts) == 3


async def test_changes_of_the_same_alerts_in_another_order_do_not_block_each_other(service):
    ids = [await file_alert(service) for _ in range(20)]
    statuses = ("new", "in_progress") * 6
    await asyncio.gather(
        *(
            change_alerts(service, ids[:: 1 if number % 2 else -1], AlertChange(status=status))
            for number, status in enumerate(statuses)
        )
    )


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\0b", "a\u0007b", "\ud800"])
async def test_a_note_that_cannot_be_is_refused(api, service, text):
    path, headers = f"{ALERTS}/{await file_alert(service)}/notes", {"Content-Type": "application/json"}
    answer = await api.post(path, content=json.dumps({"text": text}), headers=headers)
    assert answer.status_code == 422, answer.text


async def test_alerts_can_be_assigned_to_who_may_work_them(api, calling, service):
    await add_user(service, "Anna", Role.ANALYST)
    await add_user(service, "vera", Role.VIEWER)
    assert (await api.get(f"{ALERTS}/assignees")).json() == {"items": ["admin", "Anna"]}
    (alert,) = await changed(api, [await file_alert(service)], assignee="anna")
    assert alert["assignee"] == "Anna"


async def test_a_viewer_looks_and_an_analyst_works(calling, service):
    alert_id = await file_alert(service)
    async with calling("viewer") as viewer, calling("analyst") as analyst:
        assert (await told(viewer, alert_id))["status"] == "new"
        assert await refused(viewer, [alert_id], status="in_progress") == (403, "role_needed")
        (alert,) = await changed(analyst, [alert_id], assignee="me")
        assert alert["assignee"] == "analyst"
        assert await listed(analyst, assignee="me") == [alert_id]


@pytest.mark.parametrize(
    "params",
    [{"limit": 0}, {"order": "oldest"}, {"status": "open"}, {"text": "a\0b"}, {"since": "2026-05-01T10:00:00"}],
)
async def test_what_is_out_of_bounds_is_refused(api, params):
    answer = await api.get(ALERTS, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
