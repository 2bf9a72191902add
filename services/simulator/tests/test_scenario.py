"""The attack and the live player; bulk events for benchmarks."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from simulator import ticks
from simulator.bulk import bulk
from simulator.cast import OWNER
from simulator.chance import seeded
from simulator.events import EventFactory
from simulator.scenario import Live, attack_story, quick_lag

STORY = [
    ("Microsoft.Authorization/roleAssignments/write", "Failed"),
    ("Microsoft.Authorization/roleAssignments/write", "Succeeded"),
    ("Microsoft.Insights/diagnosticSettings/delete", "Succeeded"),
    ("Microsoft.Network/networkSecurityGroups/securityRules/write", "Succeeded"),
    ("Microsoft.Compute/virtualMachines/runCommand/action", "Succeeded"),
    ("Microsoft.Network/networkSecurityGroups/securityRules/delete", "Succeeded"),
    ("Microsoft.Network/networkSecurityGroups/delete", "Succeeded"),
    ("Microsoft.KeyVault/vaults/delete", "Succeeded"),
    ("Microsoft.Compute/virtualMachines/deallocate/action", "Succeeded"),
]


@pytest.fixture
def subscription(cloud) -> str:
    made: str = cloud.add_subscription(cloud.add_tenant())
    return made


def test_the_attack_is_refused_once_and_then_takes_over(clock):
    steps = attack_story(EventFactory(seeded(1), "t", "s"), clock.now)
    ends = [step.events[-1] for step in steps]
    assert [(end["operationName"]["value"], end["status"]["value"]) for end in ends] == STORY
    assert len({step.offset for step in steps}) == len(STORY)


def test_the_attack_makes_a_new_principal_owner_of_the_subscription(clock):
    granted = attack_story(EventFactory(seeded(1), "t", "s"), clock.now)[1].events[0]
    wanted = json.loads(granted["properties"]["requestbody"])["Properties"]
    assert wanted["RoleDefinitionId"].endswith(OWNER)
    assert wanted["Scope"] == "/subscriptions/s"
    assert wanted["PrincipalId"] not in granted["claims"].values()


def test_the_attack_comes_from_one_unknown_address(clock):
    make = EventFactory(seeded(1), "t", "s")
    events = [event for step in attack_story(make, clock.now) for event in step.events]
    assert {event["httpRequest"]["clientIpAddress"] for event in events} == {make.cast.intruder.ip}
    assert make.cast.intruder.ip not in {actor.ip for actor in make.cast.everyone}


def test_a_live_event_is_mostly_readable_in_1_to_4_seconds_and_else_in_6_to_20():
    lags = [quick_lag(seeded(seed)) for seed in range(400)]
    assert all(1 <= lag <= 4 or 6 <= lag <= 20 for lag in lags)
    assert 0.78 < sum(lag <= 4 for lag in lags) / len(lags) < 0.92


async def test_half_a_minute_of_live_shows_all_steps_of_the_attack_and_everyday_work(cloud, clock, subscription):
    async def sleep(seconds: float) -> None:
        clock.forward(seconds=seconds)

    start = clock.now
    live = Live(cloud, subscription, seeded(4), sleep=sleep)
    await live.run(seconds=30)
    assert len(live.played) == len(STORY)
    early = set(cloud.visible(subscription, start))
    clock.forward(seconds=24)
    shown = set(cloud.visible(subscription, start))
    attack = {event["eventDataId"] for step in live.played for event in step.events}
    assert attack < shown
    assert early < shown


async def test_live_events_are_published_when_they_happen(cloud, clock, subscription):
    seen = []

    async def sleep(seconds: float) -> None:
        seen.append(len(cloud.subscriptions[subscription].log))
        clock.forward(seconds=seconds)

    await Live(cloud, subscription, seeded(4), sleep=sleep).run(seconds=10)
    assert seen == sorted(set(seen))


def test_bulk_makes_as_many_different_events_as_asked(clock):
    events = list(bulk(seeded(1), 2_000, clock.now - timedelta(days=1), clock.now))
    assert len({event.event_id for event in events}) == len(events) == 2_000


def test_bulk_events_are_whole_and_say_in_their_bytes_what_the_log_knows(clock):
    for event in bulk(seeded(1), 500, clock.now - timedelta(days=1), clock.now, subscription="s", tenant="t"):
        body = json.loads(event.body)
        assert body["eventDataId"] == event.event_id
        assert ticks.from_iso(body["eventTimestamp"]) == event.at
        assert ticks.from_iso(body["submissionTimestamp"]) == event.shown_at
        assert body["correlationId"] == event.correlation
        assert body["id"].endswith(f"/events/{event.event_id}/ticks/{event.at}")
        assert body["subscriptionId"] == "s"


def test_bulk_events_of_an_operation_share_its_id(clock):
    events = [json.loads(event.body) for event in bulk(seeded(1), 500, clock.now - timedelta(days=1), clock.now)]
    sizes = Counter(event["operationId"] for event in events if event["operationId"])
    assert set(sizes.values()) <= {1, 2, 3}
    assert 2 in sizes.values()


def test_bulk_is_spread_over_the_time_and_shown_by_its_end(clock, cloud, subscription):
    start = clock.now - timedelta(days=1)
    cloud.publish(subscription, bulk(seeded(1), 1_000, start, clock.now))
    assert len(cloud.visible(subscription, start)) == 1_000
    assert 480 < len(cloud.visible(subscription, start, start + timedelta(hours=12))) < 520
