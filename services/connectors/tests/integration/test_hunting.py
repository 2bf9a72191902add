"""Hunting finds what live detection finds, tells how far it is, and makes the alerts that the stream makes."""

import asyncio
import json
from datetime import timedelta
from random import Random

import pytest
from conftest import NOW
from detections import OWNER, READER, alerts_of, body_of
from support import query

from app.collection.intake import sort_records
from app.collection.jobs import build_jobs, run_worker, stop_worker
from app.collection.storing import store_intake
from app.detection.hunting import hunt
from app.detection.hunts import list_hunts, read_hunt, request_hunt, stop_hunt
from app.errors import Conflict, Denied, InvalidInput, NotFound
from app.security.roles import Actor, Role
from app.storage.hunts import resume_hunts, start_hunt

_RULES = """
title: Storage account written
id: 6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d10
status: experimental
level: medium
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Storage/storageAccounts/write
    aisoc.outcome: success
  condition: selection
---
title: Owner granted
id: 6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d11
status: experimental
level: high
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Authorization/roleAssignments/write
    aisoc.request.properties.roleDefinitionId|endswith: OWNER
  condition: selection
---
title: Some word anywhere
id: 6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d12
status: experimental
level: low
logsource: {product: azure, service: activitylogs}
detection:
  words: [storageAccounts/delete]
  condition: words
---
title: A vault for the first time
id: 6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d13
status: experimental
level: low
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.KeyVault/vaults/write
  condition: selection
aisoc:
  first_seen: {group-by: [aisoc.actor], timespan: 2h}
---
title: Storage account deleted
name: storage_deleted
id: 6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d14
status: experimental
level: low
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Storage/storageAccounts/delete
  condition: selection
---
title: Many storage accounts deleted
id: 6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d15
status: experimental
level: high
correlation:
  type: event_count
  rules: [storage_deleted]
  group-by: [aisoc.actor]
  timespan: 1h
  condition: {gte: 2}
""".replace("OWNER", OWNER)
TITLES = (
    "Storage account written",
    "Owner granted",
    "Some word anywhere",
    "A vault for the first time",
    "Many storage accounts deleted",
)
_ABOUT = """
    SELECT rule_title, first_time,
        array(SELECT event_id FROM alert_events WHERE alert_id = alerts.id AND rule_id <> '') AS events
    FROM alerts WHERE superseded_by IS NULL AND kind <> 'severity'
"""
_DAY = timedelta(days=1)


@pytest.fixture
def settings(settings, tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "some.yml").write_text(_RULES)
    return settings.model_copy(update={"rules": (folder,)})


@pytest.fixture
def records(lab):
    """The records of some operations of a day, each with two or three records minutes apart."""
    rng, found = Random(5), []
    writes = ("Storage/storageAccounts/write", "Storage/storageAccounts/delete", "KeyVault/vaults/write")
    for number in range(60):
        at = NOW - timedelta(minutes=rng.uniform(1, 1_200))
        name = rng.choice((*writes, "Authorization/roleAssignments/write"))
        target = f"resourceGroups/rg/providers/Microsoft.{name.rsplit('/', 1)[0]}/thing{number}"
        started, *others = lab.operation(f"Microsoft.{name}", at, resource=target)
        if name.startswith("Authorization"):
            role = rng.choice([OWNER, READER])
            started.setdefault("properties", {})["requestbody"] = json.dumps(body_of(role))
        found += [started, *others]
    return found


async def store(service, connector, records):
    intake = sort_records(connector, [json.dumps(record).encode() for record in records])
    assert not intake.quarantined
    async with service.engine.begin() as connection:
        await store_intake(service, connection, "lab", intake)


async def hunted(service, title, since=NOW - _DAY, until=NOW, **options):
    rules = await service.rules.current(service.engine)
    return await hunt(service, rules, rules.find(title), since, until, lambda _: None, **options)


def of_hits(result):
    return {frozenset(hit.event_ids) for hit in result.hits}


@pytest.mark.parametrize("seed", range(3))
async def test_hunting_finds_what_live_detection_finds(service, connector, records, seed):
    rng = Random(seed)
    rng.shuffle(records)
    while records:
        size = rng.randint(1, 30)
        await store(service, connector, records[:size])
        del records[:size]
    rows = await query(service, _ABOUT)
    for title in TITLES:
        live = [row for row in rows if row["rule_title"] == title]
        result = await hunted(service, title)
        assert result.matches == len(live) > 0, title
        if "first time" in title:  # such an alert moves to an earlier event, and keeps the later ones
            assert {hit.first_time for hit in result.hits} == {row["first_time"] for row in live}
        else:
            assert of_hits(result) == {frozenset(row["events"]) for row in live}, title
        assert result.events_judged == result.events_total, title


@pytest.fixture
async def unwatched(service, connector, records):
    """All records, stored while no rule was on."""
    async with service.engine.begin() as connection:
        for number in range(10, 16):
            await connection.exec_driver_sql(
                "INSERT INTO rule_switches (rule_id, enabled, changed_by, changed_at) VALUES (%s, false, 'x', now())",
                (f"6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d{number}",),
            )
    service.rules.look_again()
    await store(service, connector, records)


async def test_a_hunt_makes_no_alerts_unless_asked_and_the_same_ones_when_asked_again(service, unwatched):
    title = "Owner granted"
    before = await alerts_of(service)
    found = await hunted(service, title)
    assert await alerts_of(service) == before
    made = await hunted(service, title, make_alerts=True)
    assert made.alerts_added == found.matches > 0
    alerts = [alert for alert in await alerts_of(service) if alert["rule_title"] == title]
    assert len(alerts) == found.matches
    again = await hunted(service, title, make_alerts=True)
    assert again.alerts_added == 0
    assert [alert for alert in await alerts_of(service) if alert["rule_title"] == title] == alerts


async def test_a_hunt_with_a_correlation_makes_its_alerts_and_none_of_the_rules_that_it_counts(service, unwatched):
    made = await hunted(service, "Many storage accounts deleted", make_alerts=True)
    rows = await query(service, _ABOUT)
    assert {row["rule_title"] for row in rows} == {"Many storage accounts deleted"}
    assert {frozenset(row["events"]) for row in rows} == of_hits(made)


async def test_a_hunt_looks_only_at_operations_that_the_rule_can_match_and_only_in_its_time(service, unwatched):
    [count] = await query(
        service, "SELECT count(*) AS n FROM events WHERE event_type = 'microsoft.storage/storageaccounts/write'"
    )
    everything = await hunted(service, "Storage account written")
    assert everything.events_judged == count["n"]
    half = await hunted(service, "Storage account written", since=NOW - timedelta(hours=10))
    assert 0 < half.events_judged < everything.events_judged
    assert of_hits(half) < of_hits(everything)


async def test_a_hunt_of_no_time_is_refused(service, row):
    rules = await service.rules.current(service.engine)
    with pytest.raises(InvalidInput) as refused:
        await hunt(service, rules, rules.find("Owner granted"), NOW, NOW, lambda _: None)
    assert refused.value.code == "since_not_before_until"


async def ended(service, hunt_id):
    for _ in range(300):
        found = await read_hunt(service, hunt_id)
        if not found.open:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"it did not end: {found}")


@pytest.fixture
async def worker(service):
    jobs = build_jobs(service)
    async with jobs.open_async():
        task = asyncio.create_task(run_worker(jobs, service))
        yield task
        await stop_worker(task)


async def test_a_hunt_that_was_asked_for_is_done_by_a_worker_and_tells_what_it_found(service, unwatched, worker):
    anna = service.acting_as(Actor("anna", Role.ANALYST, "console"))
    asked = await request_hunt(anna, "6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d11", NOW - _DAY, make_alerts=True)
    found = await ended(service, asked.id)
    assert (found.state, found.error, found.requested_by) == ("done", None, "anna")
    direct = await hunted(service, "Owner granted")
    assert found.progress["matches"] == found.progress["alerts_added"] == direct.matches
    assert found.progress["event_ids"] == [str(each) for hit in direct.hits for each in hit.event_ids]
    [entry] = await query(service, "SELECT actor, action, target FROM audit_log WHERE action LIKE 'hunt%%'")
    assert entry == {"actor": "anna", "action": "hunt.start", "target": "Owner granted"}


async def test_a_hunt_whose_worker_was_killed_is_done_by_the_next(service, unwatched):
    asked = await request_hunt(service, "6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d10", NOW - _DAY)
    async with service.engine.begin() as connection:
        await start_hunt(connection, asked.id, NOW)
        assert await resume_hunts(connection) == 0
        await connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
        assert await resume_hunts(connection) == 1
    jobs = build_jobs(service)
    async with jobs.open_async():
        task = asyncio.create_task(run_worker(jobs, service))
        found = await ended(service, asked.id)
        await stop_worker(task)
    assert found.state == "done"
    assert found.progress["matches"] > 0


async def test_a_stopped_hunt_is_not_run_and_may_be_asked_for_again(service, unwatched):
    asked = await request_hunt(service, "6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d10", NOW - _DAY)
    with pytest.raises(Conflict) as refused:
        await request_hunt(service, "6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d10", NOW - _DAY)
    assert refused.value.code == "hunt_open"
    assert (await stop_hunt(service, asked.id)).state == "stopped"
    assert (await stop_hunt(service, asked.id)).state == "stopped"
    again = await request_hunt(service, "6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d10", NOW - _DAY)
    assert {each.id for each in await list_hunts(service)} == {again.id, asked.id}
    assert await list_hunts(service, "another-rule") == []


async def test_viewers_and_unknown_rules_are_refused(service, row):
    viewer = service.acting_as(Actor("vera", Role.VIEWER, "console"))
    with pytest.raises(Denied):
        await request_hunt(viewer, "6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d10", NOW - _DAY)
    with pytest.raises(NotFound):
        await request_hunt(service, "no such rule", NOW - _DAY)
