"""Events look like Azure's: the shapes of "Azure Activity Log event schema" and the REST reference."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from simulator import platform_events as platform
from simulator import ticks
from simulator.chance import seeded
from simulator.events import Event, EventFactory, Operation, usual_lag
from simulator.scenario import history

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TENANT, SUBSCRIPTION = "7d1c2b58-0000-4000-8000-00000000000a", "3a54f2c9-0000-4000-8000-00000000000b"
VM = "resourceGroups/fabrikam-app/providers/Microsoft.Compute/virtualMachines/fabrikam-app-02"
CLAIMS = "http://schemas.microsoft.com/identity/claims"


@pytest.fixture
def make() -> EventFactory:
    return EventFactory(seeded(1), TENANT, SUBSCRIPTION)


@pytest.fixture
def write(make) -> list[Event]:
    """An accepted write with a body, by a person."""
    what = Operation("Microsoft.Compute/virtualMachines/write", VM, {"location": "norwayeast"}, accepted=True)
    events: list[Event] = make.operation(AT, what, make.cast.admin)
    return events


def test_one_operation_is_begun_accepted_and_ended(write):
    assert [(event["eventName"]["value"], event["status"]["value"]) for event in write] == [
        ("BeginRequest", "Started"),
        ("EndRequest", "Accepted"),
        ("EndRequest", "Succeeded"),
    ]


def test_the_events_of_an_operation_share_its_ids_but_not_their_own(write):
    for name in ("operationId", "correlationId"):
        assert len({event[name] for event in write}) == 1
    for name in ("eventDataId", "id", "eventTimestamp"):
        assert len({event[name] for event in write}) == 3


def test_only_the_started_event_has_the_request_body(write):
    assert [json.loads(event["properties"].get("requestbody", "null")) for event in write] == [
        {"location": "norwayeast"},
        None,
        None,
    ]


def test_the_id_is_the_resource_the_event_and_its_ticks(write):
    for event in write:
        at = ticks.from_iso(event["eventTimestamp"])
        assert event["id"] == f"/subscriptions/{SUBSCRIPTION}/{VM}/events/{event['eventDataId']}/ticks/{at}"


def test_times_have_seven_decimals(write):
    for event in write:
        for name in ("eventTimestamp", "submissionTimestamp"):
            assert re.fullmatch(r"2026-03-01T\d\d:\d\d:\d\d\.\d{7}Z", event[name])


def test_dotnet_ticks_count_from_year_one():
    """635574752669792776 is 2015-01-21T22:14:26.9792776Z, as in the specification's sample response."""
    assert ticks.from_iso("2015-01-21T22:14:26.9792776Z") == 635574752669792776
    assert ticks.to_iso(635574752669792776) == "2015-01-21T22:14:26.9792776Z"


def test_a_person_is_told_by_upn_and_by_claims_with_uri_keys(write, make):
    admin = make.cast.admin
    event = write[0]
    assert event["caller"] == admin.upn
    assert event["claims"][f"{CLAIMS}/objectidentifier"] == admin.object_id
    assert event["claims"][f"{CLAIMS}/tenantid"] == TENANT
    assert event["claims"]["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"] == admin.upn
    assert event["claims"]["ipaddr"] == event["httpRequest"]["clientIpAddress"] == admin.ip


def test_an_app_is_told_by_its_object_id_and_idtyp(make):
    [event, _] = make.operation(AT, Operation("Microsoft.Web/sites/restart/action", VM), make.cast.pipeline)
    assert event["caller"] == make.cast.pipeline.object_id
    assert event["claims"]["idtyp"] == "app"
    assert "name" not in event["claims"]


def test_a_failed_operation_has_the_denial_in_its_last_event(make):
    events = make.operation(AT, Operation("Microsoft.KeyVault/vaults/write", VM, outcome="Failed"), make.cast.intruder)
    last = events[-1]
    assert (last["status"]["value"], last["level"]) == ("Failed", "Error")
    assert last["subStatus"] == {"value": "Forbidden", "localizedValue": "Forbidden (HTTP Status Code: 403)"}
    assert json.loads(last["properties"]["statusMessage"])["error"]["code"] == "AuthorizationFailed"


def test_the_operation_name_has_a_value_and_a_localized_value(write):
    name = "Microsoft.Compute/virtualMachines/write"
    assert write[0]["operationName"] == {"value": name, "localizedValue": "Create or Update Virtual Machine"}
    assert write[0]["resourceType"]["value"] == "Microsoft.Compute/virtualMachines"
    assert write[0]["resourceGroupName"] == "fabrikam-app"


def test_an_operation_on_the_subscription_itself_has_no_group(make):
    [event, _] = make.operation(AT, Operation("Microsoft.Resources/subscriptions/write", ""), make.cast.admin)
    assert (event["resourceId"], event["resourceGroupName"]) == (f"/subscriptions/{SUBSCRIPTION}", "")


PLATFORM: dict[str, Callable[[EventFactory], Event]] = {
    "ServiceHealth": lambda make: platform.service_health(make, AT),
    "ResourceHealth": lambda make: platform.resource_health(make, AT, VM),
    "Policy": lambda make: platform.policy_audit(make, AT, VM, make.cast.admin),
    "Alert": lambda make: platform.alert(make, AT, VM),
    "Autoscale": lambda make: platform.autoscale(make, AT, VM),
    "Security": lambda make: platform.security(make, AT),
    "Recommendation": lambda make: platform.recommendation(make, AT, VM),
    "Administrative": lambda make: platform.pim_activation(make, AT, make.cast.admin),
}


@pytest.mark.parametrize("category", PLATFORM)
def test_each_category_has_its_kind_of_event(make, category):
    event = PLATFORM[category](make)
    assert event["category"]["value"] == category
    assert event["id"].endswith(f"/events/{event['eventDataId']}/ticks/{ticks.from_iso(event['eventTimestamp'])}")
    json.dumps(event)


@pytest.mark.parametrize("category", ["ServiceHealth", "ResourceHealth", "Security", "Recommendation"])
def test_platform_events_have_no_caller(make, category):
    """caller: null is common for platform events."""
    assert PLATFORM[category](make)["caller"] is None


def test_a_pim_activation_is_a_sentence_without_an_identity(make):
    event = PLATFORM["Administrative"](make)
    assert event["operationName"]["value"] == "Add member to role completed (PIM activation)"
    assert (event["claims"], event["authorization"], event["caller"]) == (None, None, None)


def test_the_usual_lag_is_short_with_a_tail_of_3_to_20_minutes():
    lags = [usual_lag(seeded(seed)) for seed in range(400)]
    assert min(lags) >= 10
    assert max(lags) <= 1_200
    assert 0.08 < sum(lag > 180 for lag in lags) / len(lags) < 0.22


def test_a_history_is_varied_and_about_3_kilobytes_an_event():
    events = list(history(seeded(3), SUBSCRIPTION, TENANT, AT - timedelta(days=1), AT, operations=400))
    categories = {event["category"]["value"] for event in events}
    assert categories == set(PLATFORM)
    assert 2_500 < sum(len(json.dumps(event)) for event in events) / len(events) < 4_000
    operations = [event["operationName"]["value"].lower() for event in events]
    assert 0 < sum(name.endswith("/read") for name in operations) < len(operations) / 10
    assert any(name.endswith("listkeys/action") for name in operations)


def test_the_same_seed_makes_the_same_history():
    def made(seed: int) -> list[Event]:
        return list(history(seeded(seed), SUBSCRIPTION, TENANT, AT - timedelta(days=1), AT, operations=30))

    assert made(5) == made(5)
    assert made(5) != made(6)


def test_addresses_are_of_documentation_networks():
    """RFC 5737."""
    events = history(seeded(3), SUBSCRIPTION, TENANT, AT - timedelta(days=1), AT, operations=200)
    addresses = {(event.get("httpRequest") or {}).get("clientIpAddress", "192.0.2.1") for event in events}
    assert all(address.startswith(("192.0.2.", "198.51.100.", "203.0.113.")) for address in addresses)
