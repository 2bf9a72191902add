"""Rules over the API: what is watched for, on or off, checking a text, explaining an event, hunting."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from filed_alerts import file_alert
from support import query, story

from app.clock import iso
from app.collection.poll import poll
from app.detection.hunts import run_hunt

RULES = "/api/v1/rules"
HUNTS = "/api/v1/hunts"
ROLE, KEYS, MANY = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
HOUR = timedelta(hours=1)
ROLE_RULE = f"""
title: A role was granted
id: {ROLE}
description: Somebody granted a role.
level: high
logsource: {{product: azure, service: activitylogs}}
tags: [attack.privilege-escalation, attack.t1098.003]
falsepositives: [Planned work]
detection:
  selection:
    operationName: Microsoft.Authorization/roleAssignments/write
  started:
    status: Started
  condition: selection and not started
aisoc:
  why: Roles are what attackers want.
  next_steps: [Ask who did it]
"""
KEYS_RULE = f"""
title: Keys were listed
id: {KEYS}
level: medium
logsource: {{product: azure, service: activitylogs}}
detection:
  selection:
    operationName|endswith: /listKeys/action
  condition: selection
"""
MANY_RULE = f"""
title: Keys listed many times
id: {MANY}
level: high
correlation:
  type: event_count
  rules: [{KEYS}]
  group-by: [aisoc.actor]
  timespan: 10m
  condition: {{gte: 5}}
"""
BAD_RULE = """
title: A rule that nobody can use
id: 00000000-0000-4000-8000-00000000000f
logsource: {product: azure}
detection:
  condition: nothing
"""


@pytest.fixture
def settings(settings, tmp_path):
    """Four rules of our own, of which one cannot be used."""
    folder = tmp_path / "rules"
    folder.mkdir()
    for name, text in (("role", ROLE_RULE), ("keys", KEYS_RULE), ("many", MANY_RULE), ("bad", BAD_RULE)):
        (folder / f"{name}.yml").write_text(text)
    return settings.model_copy(update={"rules": (folder,)})


@pytest.fixture
async def granted(service, row, lab, api):
    """The records of a granted role, the oldest first."""
    lab.publish(story(lab))
    await poll(service, row)
    found = await api.get("/api/v1/events", params={"q": "operation:roleassignments", "order": "oldest"})
    return found.json()["items"]


async def listed(api, **params):
    """Return the ids of our rules that are listed."""
    answer = await api.get(RULES, params=params)
    assert answer.status_code == 200, answer.text
    return {rule["id"] for rule in answer.json()["items"]} & {ROLE, KEYS, MANY}


async def told(api, rule_id):
    answer = await api.get(f"{RULES}/{rule_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_rule_is_told_with_all_that_its_file_says(api):
    rule = await told(api, ROLE)
    assert (rule["title"], rule["severity"], rule["kind"], rule["on"]) == ("A role was granted", "high", "event", True)
    assert (rule["techniques"], rule["tactics"]) == (["T1098.003"], ["privilege-escalation"])
    assert (rule["why"], rule["next_steps"]) == ("Roles are what attackers want.", ["Ask who did it"])
    assert rule["false_positives"] == ["Planned work"]
    assert rule["source"].strip() == ROLE_RULE.strip()
    assert rule["file"].endswith("/rules/role.yml")
    assert rule["correlation"] is None


async def test_a_correlation_is_told_with_what_it_counts(api):
    rule = await told(api, MANY)
    assert rule["kind"] == "correlation"
    assert rule["correlation"] == {
        "type": "event_count",
        "rules": [KEYS],
        "group_by": ["aisoc.actor"],
        "field": None,
        "at_least": 5,
        "seconds": 600,
    }
    assert (await told(api, KEYS))["alerts"] is False


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, {ROLE, KEYS, MANY}),
        ({"severity": ["high", "critical"]}, {ROLE, MANY}),
        ({"kind": "correlation"}, {MANY}),
        ({"technique": "t1098"}, {ROLE}),
        ({"text": "KEYS"}, {KEYS, MANY}),
        ({"on": "false"}, set()),
    ],
)
async def test_rules_are_found_by_what_is_asked_of_them(api, params, found):
    assert await listed(api, **params) == found


async def test_a_rule_that_cannot_be_used_is_told_with_its_place_and_stops_no_other(api):
    answer = (await api.get(RULES)).json()
    (problem,) = [each for each in answer["problems"] if each["file"].endswith("/rules/bad.yml")]
    assert problem["rule"] == "A rule that nobody can use"
    assert problem["line"] > 1
    assert problem["reason"]


async def test_hits_are_alerts_of_thirty_days_and_waiting_those_in_the_queue(api, service):
    last = service.clock.now() - HOUR
    await file_alert(service, rule_id=ROLE, ago=HOUR)
    await file_alert(service, rule_id=ROLE, ago=29 * 24 * HOUR, status="closed", verdict="benign")
    await file_alert(service, rule_id=ROLE, ago=40 * 24 * HOUR)
    await file_alert(service, rule_id=ROLE, superseded_by=uuid4())
    rule = await told(api, ROLE)
    assert (rule["hits"], rule["waiting"], rule["last_hit"]) == (2, 2, iso(last))
    assert (await told(api, KEYS))["hits"] == 0


async def test_a_rule_that_does_not_exist_is_not_found(api, granted):
    for answer in (
        await api.get(f"{RULES}/{uuid4()}"),
        await api.patch(f"{RULES}/{uuid4()}", json={"on": False}),
        await api.post(f"{RULES}/{uuid4()}/explain", json={"event_id": granted[0]["id"]}),
        await api.post(f"{RULES}/{uuid4()}/hunts", json={"since": "2026-04-01T00:00:00Z"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_rule")


async def test_a_rule_is_turned_off_and_on_again(api, service):
    for on in (False, False, True):
        answer = await api.patch(f"{RULES}/{ROLE}", json={"on": on})
        assert (answer.status_code, answer.json()["on"]) == (200, on)
        assert (ROLE in (await service.rules.current(service.engine)).off) is not on
        assert (ROLE in await listed(api, on=on)) is True
    entries = await query(service, "SELECT * FROM audit_log WHERE action LIKE 'rule.%' ORDER BY id")
    assert [(entry["action"], entry["target"], entry["facts"]) for entry in entries] == [
        ("rule.disable", "A role was granted", {"rule": ROLE}),
        ("rule.enable", "A role was granted", {"rule": ROLE}),
    ]


async def test_a_text_is_checked_as_a_file_is_and_nothing_is_stored(api):
    other = KEYS_RULE.replace(KEYS, str(uuid4())).replace("Keys were", "More keys were")
    answer = (await api.post(f"{RULES}/check", json={"text": other})).json()
    assert [rule["title"] for rule in answer["rules"]] == ["More keys were listed"]
    assert answer["problems"] == []
    assert answer["rules"][0]["id"] not in {rule["id"] for rule in (await api.get(RULES)).json()["items"]}


async def test_a_text_with_a_mistake_is_told_where_it_is(api):
    (problem,) = (await api.post(f"{RULES}/check", json={"text": BAD_RULE})).json()["problems"]
    assert (problem["file"], problem["rule"]) == ("rule.yml", "A rule that nobody can use")
    assert problem["line"] > 1


async def test_a_rule_in_force_can_be_checked_again_and_a_correlation_may_name_one(api):
    for text in (ROLE_RULE, MANY_RULE):
        answer = (await api.post(f"{RULES}/check", json={"text": text})).json()
        assert (len(answer["rules"]), answer["problems"]) == (1, [])
    nobody = MANY_RULE.replace(KEYS, str(uuid4()))
    assert (await api.post(f"{RULES}/check", json={"text": nobody})).json()["problems"]


@pytest.mark.parametrize("text", ["", "a: [", "\0", "\ud800", "&a [*a]", "- 1", "x" * 100_000])
async def test_odd_texts_are_problems_and_break_nothing(api, text):
    headers = {"Content-Type": "application/json"}
    answer = await api.post(f"{RULES}/check", content=json.dumps({"text": text}), headers=headers)
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 200:
        assert answer.json()["rules"] == []


async def test_a_text_that_is_too_long_is_refused(api):
    assert (await api.post(f"{RULES}/check", json={"text": "x" * 100_001})).status_code == 422


async def test_an_event_is_explained_part_by_part(api, granted):
    started, ended = granted[0], granted[-1]
    matched = {}
    for event in (started, ended):
        answer = (await api.post(f"{RULES}/{ROLE}/explain", json={"event_id": event["id"]})).json()
        (explained,) = answer["items"]
        assert (explained["rule_id"], explained["title"]) == (ROLE, "A role was granted")
        matched[event["status"]] = explained["matched"]
        assert explained["matched"] == explained["condition"]["matched"]
        assert explained["condition"]["parts"]
    assert matched == {"Started": False, "Succeeded": True}


async def test_a_correlation_is_explained_by_the_rules_that_it_counts(api, granted):
    answer = (await api.post(f"{RULES}/{MANY}/explain", json={"event_id": granted[0]["id"]})).json()
    assert [(each["rule_id"], each["matched"]) for each in answer["items"]] == [(KEYS, False)]


async def test_an_event_that_does_not_exist_cannot_be_explained(api):
    answer = await api.post(f"{RULES}/{ROLE}/explain", json={"event_id": str(uuid4())})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_event")


async def test_the_matrix_has_the_rules_that_are_on(api):
    async def rules_for(technique):
        tactics = (await api.get(f"{RULES}/coverage")).json()["items"]
        cells = [cell for tactic in tactics for cell in tactic["techniques"] if cell["technique"] == technique]
        return {rule for cell in cells for rule in cell["rules"]}

    assert ROLE in await rules_for("T1098")
    await api.patch(f"{RULES}/{ROLE}", json={"on": False})
    assert ROLE not in await rules_for("T1098")


async def test_a_hunt_is_asked_for_and_stopped(api, service):
    wish = {"since": "2026-04-01T00:00:00Z", "make_alerts": True}
    answer = await api.post(f"{RULES}/{ROLE}/hunts", json=wish)
    assert answer.status_code == 202, answer.text
    hunt = answer.json()
    assert (hunt["state"], hunt["rule_id"], hunt["make_alerts"]) == ("waiting", ROLE, True)
    assert (hunt["since"], hunt["until"]) == ("2026-04-01T00:00:00.000000Z", iso(service.clock.now()))
    assert answer.headers["Location"] == f"{HUNTS}/{hunt['id']}"
    again = await api.post(f"{RULES}/{ROLE}/hunts", json=wish)
    assert (again.status_code, again.json()["code"]) == (409, "hunt_open")
    stopped = (await api.post(f"{HUNTS}/{hunt['id']}/stop")).json()
    assert stopped["state"] == "stopped"
    assert (await api.get(f"{HUNTS}/{hunt['id']}")).json() == stopped
    assert (await api.get(HUNTS)).json() == {"items": [stopped]}
    assert (await api.get(HUNTS, params={"rule": KEYS})).json() == {"items": []}


async def test_a_hunt_tells_how_many_and_which_events_it_found(api, service, granted):
    wish = {"since": "2026-04-30T00:00:00Z", "until": "2026-05-01T12:00:00Z"}
    hunt = (await api.post(f"{RULES}/{ROLE}/hunts", json=wish)).json()
    await run_hunt(service, UUID(hunt["id"]))
    done = (await api.get(f"{HUNTS}/{hunt['id']}")).json()
    found = [event["id"] for event in granted if event["status"] != "Started"]
    assert (done["state"], done["progress"]["matches"]) == ("done", 1)
    assert done["progress"]["event_ids"] == found
    (listed_one,) = (await api.get(HUNTS)).json()["items"]
    assert listed_one["progress"]["matches"] == 1
    assert "event_ids" not in listed_one["progress"]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"since": "2026-06-01T00:00:00Z"}, "since_not_before_until"),
        ({"since": "2026-04-01T00:00:00"}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
async def test_a_hunt_that_cannot_be_is_refused(api, wish, code):
    answer = await api.post(f"{RULES}/{ROLE}/hunts", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/stop")])
async def test_a_hunt_that_does_not_exist_is_not_found(api, method, path):
    answer = await api.request(method, f"{HUNTS}/{uuid4()}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_hunt")


async def test_a_viewer_looks_and_changes_nothing(calling):
    async with calling("viewer") as viewer:
        assert await listed(viewer) == {ROLE, KEYS, MANY}
        for answer in (
            await viewer.patch(f"{RULES}/{ROLE}", json={"on": False}),
            await viewer.post(f"{RULES}/check", json={"text": ROLE_RULE}),
            await viewer.post(f"{RULES}/{ROLE}/hunts", json={"since": "2026-04-01T00:00:00Z"}),
            await viewer.post(f"{HUNTS}/{uuid4()}/stop"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "role_needed")


async def test_rules_their_problems_and_hunts_are_in_the_metrics(api):
    async def told(sample):
        lines = (await api.get("/metrics")).text.splitlines()
        return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{sample} "))

    on, off = await told('aisoc_rules{state="on"}'), await told('aisoc_rules{state="off"}')
    assert (on >= 3, off) == (True, 0)
    assert await told("aisoc_rule_problems") == 1
    await api.patch(f"{RULES}/{ROLE}", json={"on": False})
    await api.post(f"{RULES}/{ROLE}/hunts", json={"since": "2026-04-01T00:00:00Z"})
    assert await told('aisoc_rules{state="on"}') == on - 1
    assert await told('aisoc_rules{state="off"}') == 1
    assert await told('aisoc_hunts{state="waiting"}') == 1
