"""The same records give the same alerts: in any order and pages, with copies, by several writers at a time."""

import asyncio
import json
from datetime import timedelta
from random import Random

import pytest
from detections import GRANT, OWNER, READER, a_rule, alerts_of, body_of, grants_owner, some_rules

from app.detection.engine import detect
from app.events.event import Severity
from app.storage.events import store_events

_STORAGE = "Microsoft.Storage/storageAccounts/write"
_MACHINE = "Microsoft.Compute/virtualMachines/write"
_GROUP = "Microsoft.Network/networkSecurityGroups/delete"
_ASSIGNMENT = "Microsoft.Authorization/roleAssignments/write"
_RULES = some_rules(
    a_rule("storage", _STORAGE.lower(), alert_title="{actor} writes {resource}: {outcome}"),
    a_rule("begun", _MACHINE.lower(), lambda record: record.event.status == "Started"),
    a_rule("failed", _STORAGE.lower(), lambda record: record.event.outcome == "failure", severity=Severity.LOW),
    a_rule("owner", GRANT, grants_owner, needs_request=True, alert_title="{role} for {principal}"),
    a_rule(
        "done for the owner",
        GRANT,
        lambda record: grants_owner(record) and record.event.outcome == "success",
        needs_request=True,
    ),
    a_rule("unheard", _STORAGE.lower(), alerts=False),
)


def story(lab, random):
    """Return the records of some operations: on few resources, some with the same ids, some of days."""
    began, records = lab.clock.now() - timedelta(hours=4), []
    correlations = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(3)]
    for number in range(12):
        name = random.choice([_STORAGE, _ASSIGNMENT, _ASSIGNMENT, _GROUP, _MACHINE]) if number else _ASSIGNMENT
        found = lab.operation(
            name,
            began + timedelta(minutes=random.randrange(180)),
            resource=f"resourceGroups/rg/providers/{name.rpartition('/')[0]}/r{random.randrange(3)}",
            outcome=random.choice(["Succeeded", "Failed"]),
            accepted=random.random() < 0.4,
            body=body_of(random.choice([OWNER, READER]) if number else OWNER) if name == _ASSIGNMENT else None,
        )
        shared = random.choice([None, *correlations])
        for record in found:
            record["correlationId"] = shared or record["correlationId"]
            record["operationId"] = record["operationId"] if random.random() < 0.9 and not shared else (shared or "")
        if number and random.random() < 0.2:
            del found[random.randrange(len(found))]
        records += found
    return sorted(records, key=lambda record: record["eventTimestamp"])


def paged(records, random):
    pages, rest = [], list(records)
    while rest:
        size = random.randint(1, 8)
        pages, rest = [*pages, rest[:size]], rest[size:]
    return pages


async def store(service, connector, page, label="lab"):
    """Store a page and its alerts in one transaction, on whichever connection there is."""
    found = [(connector.normalize(raw), raw) for raw in (json.dumps(record).encode() for record in page)]
    raws = {event.id: raw for event, raw in found}
    async with service.engine.begin() as connection:
        added = await store_events(connection, label, found)
        stored = [(event, raws[event.id]) for event in added]
        await detect(connection, _RULES, stored, label, service.clock.now())


async def told(service):
    """Return the alerts, but for which connector was first: that is by whoever stores a record first."""
    return [{name: value for name, value in alert.items() if name != "connector"} for alert in await alerts_of(service)]


async def forget(service):
    async with service.engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE events, event_facts, alerts CASCADE")


async def in_order(service, connector, records):
    """Store records one by one in the order of time, and return the alerts."""
    for record in records:
        await store(service, connector, [record])
    expected = await told(service)
    await forget(service)
    return expected


@pytest.mark.parametrize("seed", range(12))
async def test_any_order_any_pages_and_copies_give_the_same_alerts(service, connector, lab, seed):
    random = Random(seed)
    records = story(lab, random)
    expected = await in_order(service, connector, records)
    assert any(alert["superseded_by"] for alert in expected)
    for _ in range(4):
        shuffled = records + random.sample(records, len(records) // 3)
        random.shuffle(shuffled)
        for page in paged(shuffled, random):
            await store(service, connector, page, random.choice(["lab", "other"]))
            if random.random() < 0.2:
                await service.engine.dispose()  # a restart: nothing is remembered
        assert await told(service) == expected
        await forget(service)


@pytest.mark.parametrize("seed", range(6))
async def test_writers_at_the_same_time_give_the_same_alerts(service, connector, lab, seed):
    random = Random(seed)
    records = story(lab, random)
    expected = await in_order(service, connector, records)
    for _ in range(4):
        shuffled = records + random.sample(records, len(records) // 3)
        random.shuffle(shuffled)
        pages = iter(paged(shuffled, random))

        async def writer(label, pages=pages):
            for page in pages:
                await store(service, connector, page, label)

        await asyncio.gather(writer("lab"), writer("other"), writer("third"))
        assert await told(service) == expected
        await forget(service)


@pytest.mark.parametrize("seed", range(3))
async def test_judging_what_is_stored_again_changes_nothing(service, connector, lab, seed):
    records = story(lab, Random(seed))
    found = [(connector.normalize(raw), raw) for raw in (json.dumps(record).encode() for record in records)]
    async with service.engine.begin() as connection:
        await store_events(connection, "lab", found)
    for _ in range(2):
        async with service.engine.begin() as connection:
            done = await detect(connection, _RULES, found, "lab", service.clock.now())
    assert done.alerts == 0
    twice = await told(service)
    await forget(service)
    assert twice == await in_order(service, connector, records)
