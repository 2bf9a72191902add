"""Suppressions over the API: what they hold back, that everybody sees it, and that nothing is lost by them."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from filed_alerts import RULE, file_alert
from support import query

from app.clock import iso
from app.detection.alerts import AlertChange, change_alerts
from app.detection.suppressing import Wish, suppress, unsuppress

SUPPRESSIONS = "/api/v1/suppressions"
ALERTS = "/api/v1/alerts"
HOUR = timedelta(hours=1)


@pytest.fixture
def wish(service):
    """What a suppression for two hours is made of."""

    def made(**parts):
        return {"until": iso(service.clock.now() + 2 * HOUR), "reason": "Planned work, change 4711"} | parts

    return made


async def made(api, wish):
    answer = await api.post(SUPPRESSIONS, json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def listed(api, **params):
    answer = await api.get(ALERTS, params=params)
    assert answer.status_code == 200, answer.text
    return {UUID(alert["id"]) for alert in answer.json()["items"]}


async def test_a_suppression_holds_back_the_open_alerts_about_its_entity(api, service, wish):
    held = {await file_alert(service, entities=[("actor", "Robot@contoso.com")], ago=n * HOUR) for n in (0, 50)}
    others = {
        await file_alert(service, entities=[("principal", "robot@contoso.com")]),
        await file_alert(service, entities=[("actor", "alice@contoso.com")]),
        await file_alert(service, entities=[("actor", "robot@contoso.com")], status="closed", verdict="benign"),
    }
    told = await made(api, wish(kind="actor", value="ROBOT@contoso.com"))
    assert (told["kind"], told["value"], told["rule_id"], told["alerts"]) == ("actor", "robot@contoso.com", None, 2)
    assert told["created_by"] == "admin"
    everything = {"status": ["new", "closed"]}
    assert await listed(api, **everything) == others
    assert await listed(api, **everything, suppressed=True) == held | others
    assert await listed(api, suppression=told["id"]) == held


async def test_a_suppression_of_a_rule_and_an_entity_needs_both(api, service, wish):
    about = [("resource", "/subscriptions/1/vm")]
    both = await file_alert(service, entities=about)
    await file_alert(service)
    await file_alert(service, rule_id="other", entities=about)
    told = await made(api, wish(rule_id=RULE, kind="resource", value=about[0][1]))
    assert await listed(api, suppression=told["id"]) == {both}


async def test_a_suppression_of_a_rule_holds_back_all_its_alerts(api, service, wish):
    own, other = await file_alert(service), await file_alert(service, rule_id="other")
    told = await made(api, wish(rule_id=RULE))
    assert await listed(api, suppression=told["id"]) == {own}
    assert await listed(api) == {other}


async def test_what_happens_after_its_end_is_told(api, service, wish):
    await made(api, wish(rule_id=RULE))
    late = await file_alert(service, ago=-3 * HOUR)
    another = await made(api, wish(rule_id=RULE, reason="Again"))
    assert another["alerts"] == 0
    assert await listed(api) == {late}


async def test_removing_a_suppression_brings_its_alerts_back(api, service, wish):
    alert_id = await file_alert(service)
    told = await made(api, wish(rule_id=RULE))
    assert (await api.delete(f"{SUPPRESSIONS}/{told['id']}")).status_code == 204
    assert await listed(api) == {alert_id}
    (row,) = (await api.get(SUPPRESSIONS)).json()["items"]
    assert (row["removed_by"], row["removed_at"], row["alerts"]) == ("admin", iso(service.clock.now()), 0)


async def test_an_alert_that_another_suppression_is_about_stays_out(api, service, wish):
    await file_alert(service, entities=[("ip", "203.0.113.9")])
    first = await made(api, wish(rule_id=RULE))
    second = await made(api, wish(kind="ip", value="203.0.113.9"))
    assert (first["alerts"], second["alerts"]) == (1, 0)
    await api.delete(f"{SUPPRESSIONS}/{first['id']}")
    assert await listed(api) == set()
    assert {row["id"]: row["alerts"] for row in (await api.get(SUPPRESSIONS)).json()["items"]} == {
        first["id"]: 0,
        second["id"]: 1,
    }


async def test_an_alert_tells_what_holds_it_back_and_its_history_when(api, service, wish):
    alert_id = await file_alert(service)
    told = await made(api, wish(rule_id=RULE))
    alert = (await api.get(f"{ALERTS}/{alert_id}")).json()
    assert alert["suppressed_by"] == told["id"]
    assert alert["suppression"] == told
    await api.delete(f"{SUPPRESSIONS}/{told['id']}")
    alert = (await api.get(f"{ALERTS}/{alert_id}")).json()
    assert alert["suppression"] is None
    assert [(entry["actor"], entry["action"], entry["facts"]) for entry in alert["history"]] == [
        ("admin", "suppressed", {"by": told["id"]}),
        ("admin", "unsuppressed", {"by": told["id"]}),
    ]


async def test_active_and_past_suppressions_are_told_apart(api, service, wish):
    names = {}
    for reason, hours in (("short", 1), ("removed", 2), ("long", 3)):
        names[reason] = await made(
            api, wish(rule_id=RULE, reason=reason, until=iso(service.clock.now() + hours * HOUR))
        )
    await api.delete(f"{SUPPRESSIONS}/{names['removed']['id']}")
    service.clock.advance(hours=2)
    active = (await api.get(SUPPRESSIONS, params={"active": True})).json()["items"]
    past = (await api.get(SUPPRESSIONS, params={"active": False})).json()["items"]
    assert [row["reason"] for row in active] == ["long"]
    assert {row["reason"] for row in past} == {"short", "removed"}


async def test_making_and_removing_are_in_the_audit_log(api, service, wish):
    told = await made(api, wish(rule_id=RULE, kind="actor", value="robot"))
    for _ in range(2):
        await api.delete(f"{SUPPRESSIONS}/{told['id']}")
    entries = await query(service, "SELECT * FROM audit_log WHERE action LIKE 'suppression.%' ORDER BY id")
    assert [(entry["action"], entry["target"]) for entry in entries] == [
        ("suppression.add", told["id"]),
        ("suppression.remove", told["id"]),
    ]
    assert entries[0]["facts"] == {
        "rule": RULE,
        "actor": "robot",
        "until": told["until"],
        "reason": "Planned work, change 4711",
    }


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({}, "suppression_of_everything"),
        ({"kind": "actor"}, "invalid_suppression"),
        ({"rule_id": RULE, "value": "robot"}, "invalid_suppression"),
        ({"rule_id": RULE, "until": "2026-05-01T11:59:00Z"}, "invalid_suppression"),
        ({"rule_id": RULE, "until": "2027-06-01T00:00:00Z"}, "invalid_suppression"),
        ({"rule_id": RULE, "reason": "  "}, "invalid_text"),
        ({"rule_id": RULE, "reason": ""}, "invalid_request"),
        ({"rule_id": RULE, "until": "2026-05-01T11:59:00"}, "invalid_request"),
        ({"kind": "planet", "value": "mars"}, "invalid_request"),
    ],
)
async def test_a_suppression_that_cannot_be_is_refused(api, service, wish, parts, code):
    await file_alert(service)
    answer = await api.post(SUPPRESSIONS, json=wish(**parts))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert len(await listed(api)) == 1


async def test_a_suppression_that_does_not_exist_is_not_found(api):
    answer = await api.delete(f"{SUPPRESSIONS}/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_suppression")


async def test_a_viewer_sees_suppressions_and_makes_none(calling, wish):
    async with calling("analyst") as analyst, calling("viewer") as viewer:
        told = await made(analyst, wish(rule_id=RULE))
        assert (await viewer.get(SUPPRESSIONS)).json() == {"items": [told]}
        assert (await viewer.post(SUPPRESSIONS, json=wish(rule_id=RULE))).status_code == 403
        assert (await viewer.delete(f"{SUPPRESSIONS}/{told['id']}")).status_code == 403


async def test_suppressing_while_the_same_alerts_are_changed_blocks_nobody(service):
    ids = sorted([await file_alert(service) for _ in range(60)], reverse=True)
    until = service.clock.now() + HOUR

    async def hold_back_and_free():
        for _ in range(4):
            row = await suppress(service, Wish(rule_id=RULE, until=until, reason="Planned"))
            await unsuppress(service, row.id)

    async def work():
        for status in ("in_progress", "new") * 4:
            await change_alerts(service, ids, AlertChange(status=status))

    await asyncio.gather(hold_back_and_free(), work(), work())
