"""Records that Microsoft and other projects published, where they are at hand: all of them are understood."""

import io
import json

import pytest
from conftest import SHARED

from app.errors import Skip
from app.events.documents import open_records

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the folder of published records is not on this machine")

RECORDS = sorted(SHARED.glob("activity-*/*.json"))
RULES = sorted(SHARED.glob("rule-samples/*.json"))


def records(name):
    return list(open_records(io.BytesIO((SHARED / name).read_bytes())))


@pytest.fixture
def read(connector):
    """Normalize the records of a file."""
    return lambda name: [connector.normalize(record) for record in records(name)]


@pytest.mark.parametrize("file", RECORDS, ids=[file.stem for file in RECORDS])
def test_every_published_record_is_an_event(connector, file):
    name = file.relative_to(SHARED).as_posix()
    whole = json.loads(file.read_bytes())
    count = len(whole.get("value", whole.get("records", [whole])))
    events = [connector.normalize(record) for record in records(name)]
    assert len(events) == count
    assert all(event and event.operation and event.resource_id and event.subscription_id for event in events)


EXPECTED = {
    "activity-rest/GetActivityLogsFiltered.response.json": [
        {
            "event_type": "microsoft.support/supporttickets/write",
            "outcome": "success",
            "severity": "info",
            "actor": "admin@contoso.com",
            "actor_type": "user",
            "src_ip": "192.168.35.115",
            "tenant_id": "1e8d8218-c5e7-4578-9acc-9abbd5d23315",
            "resource_group": "MSSupportGroup",
            "resource_name": "115012112305841",
            "external_id": "/subscriptions/089bd33f-d4ec-47fe-8ba5-0753aa5c5b33/resourceGroups/MSSupportGroup/"
            "providers/microsoft.support/supporttickets/115012112305841/"
            "events/44ade6b4-3813-45e6-ae27-7420a95fa2f8/ticks/635574752669792776",
        }
    ],
    "activity-rest/autoscale.rest.json": [
        {
            "activity_category": "Autoscale",
            "actor": "Microsoft.Insights/autoscaleSettings",
            "actor_type": "platform",
            "outcome": "success",
            "severity": "info",
            "resource_type": "microsoft.insights/autoscalesettings",
        }
    ],
    "activity-rest/recommendation.rest.json": [
        {
            "activity_category": "Recommendation",
            "actor_type": "platform",
            "outcome": "unknown",
            "severity": "info",
            "resource_name": "MYVM",
            "operation_id": None,
        }
    ],
    "activity-rest/resourcehealth.rest.json": [
        {
            "severity": "medium",
            "title": "Virtual Machine health status changed to unavailable",
            "actor": None,
            "actor_type": "platform",
            "status": "Active",
            "outcome": "unknown",
        }
    ],
    "activity-rest/servicehealth.rest.json": [
        {
            "severity": "info",
            "title": "Network Infrastructure - UK South",
            "actor_type": "platform",
            "status": "Active",
            "resource_type": "Microsoft.Resources/subscriptions",
        }
    ],
    "activity-exported/dynatrace-administrative_record.json": [
        {
            "severity": "medium",
            "outcome": "failure",
            "actor": "jan.kowalski@somewhere.com",
            "actor_type": "user",
            "app_id": "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
            "tenant_id": "70ebe3a3-5b30-435d-9d67-7716d74ca190",
            "resource_id": "/subscriptions/69b51384-146c-4685-9dab-5ae01877d7b8/resourceGroups/mw-gr1/providers/"
            "Microsoft.Storage/storageAccounts/dtmwstorage1",
            "title": "Microsoft.Storage/storageAccounts/listAccountSas/action: dtmwstorage1",
        }
    ],
    "activity-exported/dynatrace-alert_record.json": [
        {
            "activity_category": "Alert",
            "status": "Succeeded",
            "outcome": "success",
            "severity": "info",
            "actor_type": "platform",
            "title": "Alert: AA - Alert Administracyjny called on action groups : sendwebhook",
        }
    ],
    "activity-exported/dynatrace-policy_record.json": [
        {
            "activity_category": "Policy",
            "actor": "5418ef78-e938-44e9-8753-ae55b81a65a0",
            "actor_type": "application",
            "app_id": "ddbf3205-c6bd-46ae-8127-60eb93363864",
            "severity": "info",
            "src_ip": "20.38.85.224",
        }
    ],
    "activity-exported/dynatrace-resource_health_record.json": [
        {"title": "Unavailable", "severity": "info", "actor_type": "platform", "resource_name": "KUBERNETES"}
    ],
    "activity-exported/msdocs-eventhub.records.json": [
        {
            "activity_category": "Administrative",
            "actor": "admin@contoso.com",
            "actor_type": "user",
            "outcome": "success",
            # The vendor's sample names another resource in its authorization: the operation's own target counts.
            "resource_id": "/subscriptions/s1/resourceGroups/MSSupportGroup/providers/microsoft.support/supporttickets/"
            "123456112305841",
            "tenant_id": "ffffffff-eeee-dddd-cccc-bbbbbbbbbbb0",
        }
    ],
    "activity-exported/otel-administrative-log.json": [
        {
            "outcome": "in_progress",
            "severity": "info",
            "actor": "user@example.com",
            "actor_type": "user",
            "resource_name": "example-collect-sample-logs",
            "correlation_id": f"aaaaaaaa-bbbb-cccc-dddd-{number * 12}",
        }
        for number in ("1", "2")
    ],
    "activity-exported/otel-autoscale-log.json": [
        {
            "actor": "Microsoft.Insights/autoscaleSettings",
            "actor_type": "platform",
            "severity": "info",
            "tenant_id": "22222222-2222-2222-2222-222222222222",
        }
    ],
    "activity-exported/otel-pim-log.json": [
        {
            "operation": "Remove member from role (PIM activation expired)",
            "actor_email": None,
            "actor_type": "platform",
            "resource_name": "mykeyvaultname",
            "severity": "info",
        },
        {
            "operation": "Add member to role requested (PIM activation)",
            "actor": "user@example.com",
            "actor_type": "user",
            "src_ip": "203.0.113.10",
        },
        {
            "operation": "Add member to role completed (PIM activation)",
            "actor": "user@example.com",
            "actor_type": "user",
            "tenant_id": "00000000-0000-0000-0000-000000000003",
        },
    ],
    "activity-exported/otel-recommendation.json": [
        {"actor": "Microsoft.Advisor", "actor_type": "platform", "title": "A new recommendation is available."}
    ],
    "activity-exported/otel-resourcehealth-log.json": [
        {
            "title": "Microsoft.Resourcehealth/healthevent/Activated/action: EXAMPLE-FRONTDOOR-PROFILE",
            "severity": "info",
            "actor_type": "platform",
        }
    ],
    "activity-exported/otel-security-log.json": [
        {"activity_category": "Security", "severity": "info", "status": "Active", "actor_type": "platform"}
    ],
    "activity-exported/otel-servicehealth.shortened.json": [
        {
            "title": "End of Routine Planned Maintenance for App Service in East US 2",
            "status": "Resolved",
            "severity": "info",
            "actor_type": "platform",
        }
    ],
}


def test_every_published_file_is_checked():
    assert set(EXPECTED) == {file.relative_to(SHARED).as_posix() for file in RECORDS}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_key_fields_of_published_records_are_right(read, name):
    events = read(name)
    assert len(events) == len(EXPECTED[name])
    for event, expected in zip(events, EXPECTED[name], strict=True):
        assert {field: getattr(event, field) for field in expected} == expected


def test_the_pim_expiry_is_named_by_pim_itself(read):
    first = json.loads(records("activity-exported/otel-pim-log.json")[0])
    parts = json.loads(first["properties"]["CallerInfo"])
    info = {part["CallerIdentityType"]: part["CallerIdentityValue"] for part in parts}
    assert read("activity-exported/otel-pim-log.json")[0].actor == info["Username"]


def name_of(test):
    """Return the operation of a rule's test in lower case."""
    name = test["event"]["operationName"]
    return str(name.get("value") if isinstance(name, dict) else name).lower()


@pytest.mark.parametrize("file", RULES, ids=[file.stem for file in RULES])
def test_every_event_of_other_projects_rules_is_an_event_or_a_dropped_read(connector, file):
    for test in json.loads(file.read_bytes())["tests"]:
        raw = json.dumps(test["event"]).encode()
        try:
            event = connector.normalize(raw)
        except Skip as problem:
            pytest.fail(f"{test['name']}: {problem.message}")
        assert (event is None) == name_of(test).endswith("/read"), test["name"]


@pytest.mark.parametrize(
    ("rule", "operation"),
    [
        ("azure_keyvault_deleted", "microsoft.keyvault/vaults/delete"),
        ("azure_role_assignment_privileged_or_elevated", "microsoft.authorization/roleassignments/write"),
    ],
)
def test_what_other_projects_alert_on_is_high_where_the_table_says_so(connector, rule, operation):
    tests = json.loads((SHARED / "rule-samples" / f"{rule}.json").read_bytes())["tests"]
    found = [connector.normalize(json.dumps(test["event"]).encode()) for test in tests if name_of(test) == operation]
    assert found
    assert {event.severity.value for event in found} == {"high"}
