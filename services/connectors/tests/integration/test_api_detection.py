"""From a record at Azure to a closed alert, as a caller of the API meets it."""

from datetime import timedelta

import pytest
from filed_alerts import RULE, with_rule
from support import story

from app.clock import iso
from app.collection.poll import poll

ALERTS = "/api/v1/alerts"


@pytest.fixture
def settings(settings, tmp_path):
    return with_rule(settings, tmp_path)


async def alerts(api, **params):
    answer = await api.get(ALERTS, params={"rule": RULE} | params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_what_a_rule_finds_is_one_alert_with_its_records_and_what_the_actor_did(api, service, row, lab):
    lab.publish(story(lab))
    await poll(service, row)
    (alert,) = await alerts(api)
    assert (alert["rule_title"], alert["severity"], alert["outcome"]) == ("A role was granted", "critical", "success")
    assert alert["techniques"] == ["T1098.003"]
    detail = (await api.get(f"{ALERTS}/{alert['id']}")).json()
    found = await api.get("/api/v1/events", params={"q": "operation:roleassignments", "order": "oldest"})
    records = [event["id"] for event in found.json()["items"]]
    assert [one["event"]["id"] for one in detail["event_list"]] == records
    assert alert["events"] == len(records)
    actor = found.json()["items"][0]["actor"]
    assert ("actor", actor) in {(entity["kind"], entity["shown"]) for entity in detail["entities"]}
    timeline = (await api.get(f"{ALERTS}/{alert['id']}/timeline")).json()
    assert set(timeline["of_alert"]) == set(records)
    assert len(timeline["actor"]) > len(records)
    assert [one["id"] for one in await alerts(api, entity=actor.upper(), entity_kind="actor")] == [alert["id"]]


async def test_a_suppression_holds_back_what_comes_until_its_end_and_no_longer(api, service, row, lab):
    wish = {"rule_id": RULE, "until": iso(service.clock.now() + timedelta(hours=1)), "reason": "Planned"}
    made = (await api.post("/api/v1/suppressions", json=wish)).json()
    lab.publish(story(lab))
    await poll(service, row)
    assert await alerts(api) == []
    (held,) = await alerts(api, suppressed=True)
    assert held["suppressed_by"] == made["id"]
    service.clock.advance(hours=2)
    lab.publish(story(lab))
    await poll(service, row)
    (late,) = await alerts(api)
    assert late["first_time"] > wish["until"]


async def test_a_rule_that_is_off_makes_no_alerts_and_those_it_made_stay(api, service, row, lab):
    lab.publish(story(lab))
    await poll(service, row)
    (alert,) = await alerts(api)
    await api.patch(f"/api/v1/rules/{RULE}", json={"on": False})
    service.clock.advance(minutes=30)
    lab.publish(story(lab))
    await poll(service, row)
    assert [one["id"] for one in await alerts(api)] == [alert["id"]]
    rule = (await api.get(f"/api/v1/rules/{RULE}")).json()
    assert (rule["on"], rule["hits"], rule["waiting"]) == (False, 1, 1)


async def test_what_arrives_later_changes_nothing_that_people_decided(api, service, row, lab):
    records = story(lab)
    lab.publish(records[:1])
    await poll(service, row)
    (alert,) = await alerts(api)
    assert alert["outcome"] == "in_progress"
    change = {"status": "closed", "verdict": "benign", "assignee": "me"}
    assert (await api.patch(f"{ALERTS}/{alert['id']}", json=change)).status_code == 200
    lab.publish(records[1:])
    service.clock.advance(minutes=10)
    await poll(service, row)
    (closed,) = await alerts(api, status="closed")
    assert (closed["id"], closed["outcome"]) == (alert["id"], "success")
    assert (closed["status"], closed["verdict"], closed["assignee"]) == ("closed", "benign", "admin")
    history = (await api.get(f"{ALERTS}/{alert['id']}")).json()["history"]
    assert [entry["action"] for entry in history] == ["created", "change", "outcome"]
