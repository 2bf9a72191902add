"""Rules written as the public ones for the Activity Log are (SigmaHQ, rules/cloud/azure/activity_logs) behave."""

import json

import pytest
from unit.records import PIM, SHAPES, exported, rest, row
from unit.sigma_rules import one_rule, record_of, rule_id

from app.detection.reading import read_rules

SHOUTED = "operationName: MICROSOFT.CONTOSO/THINGS/WRITE"
STARTS_AND_ENDS = """\
operationName|startswith:
    - 'MICROSOFT.CONTOSO/CLUSTERS/BATCH'
    - 'MICROSOFT.CONTOSO/FLEETS/BATCH'
operationName|endswith:
    - '/CRONJOBS/WRITE'
    - '/JOBS/WRITE'"""
LOG_ANALYTICS = """\
CategoryValue: 'Administrative'
ResourceProviderValue: 'Microsoft.Storage'
ResourceId|contains: 'STORAGEACCOUNTS'
OperationNameValue: 'Microsoft.Storage/storageAccounts/write'"""
KEYWORDS = """\
keywords:
    - Microsoft.Contoso/accounts/listKeys/action
    - Microsoft.Contoso/snapshots/write
condition: keywords"""
FILTERED = """\
selection:
    operationName|endswith: '/listKeys/action'
filter_main_app:
    Caller|endswith: '@contoso.com'
filter_optional_ip:
    CallerIpAddress|cidr: 198.51.100.0/24
condition: selection and not 1 of filter_*"""
ALTERNATIVES = """\
selection:
    - operationName|contains|all: ['contoso', '/delete']
    - properties.message|contains: 'was removed'
condition: selection"""
SEVERAL = """\
selection1: {operationName: Microsoft.Contoso/a/write}
selection2: {operationName: Microsoft.Contoso/b/write}
condition: 1 of selection*"""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("detection", "operation", "expected"),
    [
        (SHOUTED, "Microsoft.Contoso/things/write", True),
        (SHOUTED, "Microsoft.Contoso/things/write/more", False),
        (STARTS_AND_ENDS, "Microsoft.Contoso/fleets/batch.v1/cronjobs/write", True),
        (STARTS_AND_ENDS, "Microsoft.Contoso/fleets/apps/cronjobs/write", False),
        (LOG_ANALYTICS, "Microsoft.Storage/storageAccounts/write", True),
        (LOG_ANALYTICS, "Microsoft.Storage/storageAccounts/delete", False),
        (KEYWORDS, "Microsoft.Contoso/accounts/listKeys/action", True),
        (KEYWORDS, "Microsoft.Contoso/accounts/write", False),
        (FILTERED, "Microsoft.Contoso/accounts/listKeys/action", False),
        (FILTERED.replace("@contoso.com", "@fabrikam.com"), "Microsoft.Contoso/accounts/listKeys/action", True),
        (
            FILTERED.replace("@contoso.com", "@x").replace("198.51", "203.0").replace("100.0", "113.0"),
            "a/listKeys/action",
            False,
        ),
        (ALTERNATIVES, "Microsoft.Contoso/things/delete", True),
        (ALTERNATIVES, "Microsoft.Contoso/things/write", False),
        (SEVERAL, "microsoft.contoso/B/write", True),
        (SEVERAL, "microsoft.contoso/c/write", False),
    ],
)
def test_a_rule_matches_in_every_shape(tmp_path, shape, detection, operation, expected):
    rule = one_rule(tmp_path, detection)
    record = record_of(SHAPES[shape](operation))
    assert rule.matches(record) is expected
    if expected:
        assert rule.may_match(record.event.event_type, record.event.activity_category)


def test_each_record_of_an_operation_matches_a_rule_that_asks_for_no_status(tmp_path):
    rule = one_rule(tmp_path, SHOUTED)
    records = [record_of(rest("Microsoft.Contoso/things/write", status=status)) for status in ("Started", "Succeeded")]
    assert [rule.matches(record) for record in records] == [True, True]


def test_a_message_in_properties_is_read_as_object_and_as_text(tmp_path):
    rule = one_rule(tmp_path, "properties.message:\n    - 'Thing was removed'\n    - 'Thing was added'")
    for properties in ({"message": "thing was removed"}, json.dumps({"Message": "Thing was added"})):
        assert rule.matches(record_of(rest(properties=properties)))
        assert rule.matches(record_of(exported(properties=properties)))
        assert rule.matches(record_of(row(Properties=properties)))


def test_a_rule_written_for_an_audit_log_loads_and_matches_nothing(tmp_path):
    detection = (
        "Workload: AzureActiveDirectory\nOperation: 'Add member to role.'\n"
        "ModifiedProperties{}.NewValue|endswith: ['Admins']"
    )
    rule = one_rule(tmp_path, detection)
    assert not any(rule.matches(record_of(shape())) for shape in SHAPES.values())
    event = rest(Workload="AzureActiveDirectory", Operation="Add member to role.")
    assert rule.matches(record_of(event | {"ModifiedProperties": [{"NewValue": "x"}, {"NewValue": "Global Admins"}]}))


def test_a_pim_activation_goes_by_its_sentence(tmp_path):
    rule = one_rule(
        tmp_path, "operationName|contains: '(PIM activation)'\nproperties.RoleDefinition: Owner\nCaller: null"
    )
    assert not rule.matches(record_of(PIM))
    rule = one_rule(tmp_path, "operationName|contains: '(PIM activation)'\nproperties.RoleDefinition: Owner")
    assert rule.matches(record_of(PIM))


def test_the_head_of_a_public_rule_is_understood(tmp_path):
    text = f"""\
title: Contoso Things Modified
id: {rule_id("public")}
status: test
description: |
    Identifies when a thing is modified.
    It may be an adversary's.
references:
    - https://learn.microsoft.com/en-us/azure/role-based-access-control/resource-provider-operations
author: '@somebody'
date: 2021/08/16
modified: 2022-08-23
related:
    - id: {rule_id("other")}
      type: derived
tags:
    - attack.impact
    - attack.t1098.003
    - attack.privilege_escalation
logsource:
    product: azure
    service: activitylogs
    definition: 'Requirements: none'
detection:
    selection:
        operationName:\x20
            - MICROSOFT.CONTOSO/THINGS/WRITE
            - MICROSOFT.CONTOSO/THINGS/DELETE
    condition: selection
fields:
    - Caller
falsepositives:
    - Thing being modified may be performed by a system administrator.
level: medium
"""
    (tmp_path / "public.yml").write_text(text, encoding="utf-8")
    rules = read_rules([tmp_path], {})
    assert rules.problems == ()
    rule = rules.rules[rule_id("public")]
    assert rule.tactics == ("impact", "privilege-escalation")
    assert rule.techniques == ("T1098.003",)
    assert rule.alert_title is None
    assert rule.alerts
