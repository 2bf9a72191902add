"""The pack on traffic: it tells the simulated attack step by step, and stays quiet about a working day."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from app.detection.findings import findings_of
from app.detection.judging import judge
from app.detection.reading import read_rules
from app.detection.rules import Correlation, EventRule
from app.events.event import Severity
from simulator.events import EventFactory
from simulator.routine import history
from simulator.scenario import attack_story

PACK = Path(__file__).parents[4] / "detections"
TENANT = "5e8a2f70-31c4-4d19-9e6b-7a04d8c3b912"
SUBSCRIPTION = "9b1f4c52-6d0e-4a7b-8f35-c2d1e07a6b41"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

TOLD = {
    "role_full_control_wide": 2,  # refused, and then granted
    "role_refused_then_granted": 1,
    "first_role_assignment": 1,
    "diagnostic_setting_deleted": 1,
    "nsg_management_open": 1,
    "vm_run_command": 1,
    "first_run_command": 1,
    "nsg_rule_deleted": 1,
    "nsg_deleted": 1,
    "key_vault_deleted": 1,
    "logging_off_then_destruction": 1,
}


@pytest.fixture(scope="module")
def pack():
    return read_rules([PACK], {})


@pytest.fixture
def findings(connector, pack):
    """Return what the alerting rules of the pack find in events: how many, by the rule's name, and the severities."""

    @cache
    def candidates(operation: str, category: str) -> list[EventRule]:
        return [rule for rule in pack.rules.values() if rule.may_match(operation, category)]

    def count(events: Iterable[Any]) -> tuple[dict[str, int], set[Severity]]:
        raws = map(msgspec.json.encode, events)
        records = [(event, raw) for raw in raws if (event := connector.normalize(raw)) is not None]
        matches = judge(lambda event: candidates(event.event_type, event.activity_category or ""), records)
        matches.sort(key=lambda match: (match.record.event.event_time, match.record.event.id))
        told: dict[str, int] = {}
        severities = set()
        for rule in [*pack.rules.values(), *pack.correlations.values()]:
            parts = set(rule.rules) if isinstance(rule, Correlation) else {rule.id}
            found = findings_of(rule)
            found.add([match for match in matches if match.rule.id in parts])
            found.close()
            if found.count and rule.alerts:
                told[rule.path.stem] = found.count
                severities.add(rule.severity)
        return told, severities

    return count


def test_the_simulated_attack_is_told_step_by_step(findings):
    story = attack_story(EventFactory(Random(1), TENANT, SUBSCRIPTION), NOON)
    told, _ = findings(event for step in story for event in step.events)
    assert told == TOLD


def test_a_working_day_raises_no_alert_of_weight_and_few_others(findings):
    day = list(history(Random(2), SUBSCRIPTION, TENANT, NOON - timedelta(days=1), NOON, operations=1500))
    told, severities = findings(day)
    assert severities <= {Severity.LOW, Severity.MEDIUM}
    assert sum(told.values()) < len(day) / 200


# What people who watch Azure flag, beside the verbs of the severity table.
WATCHED = """
Microsoft.Authorization/elevateAccess/action
Microsoft.Authorization/roleAssignments/write
Microsoft.Authorization/roleDefinitions/write
Microsoft.Authorization/locks/delete
Microsoft.Authorization/policyExemptions/write
Microsoft.Authorization/policyAssignments/delete
Add member to role completed (PIM activation)
Microsoft.Subscription/updateTenant/action
Microsoft.ManagedServices/registrationDefinitions/write
Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write
Microsoft.Insights/diagnosticSettings/delete
Microsoft.EventHub/namespaces/eventhubs/delete
Microsoft.OperationalInsights/workspaces/delete
Microsoft.Security/alertsSuppressionRules/write
Microsoft.Insights/metricAlerts/delete
Microsoft.Insights/actionGroups/delete
Microsoft.Network/networkWatchers/delete
Microsoft.Network/networkWatchers/packetCaptures/write
Microsoft.Network/networkSecurityGroups/write
Microsoft.Network/networkSecurityGroups/securityRules/write
Microsoft.Network/networkSecurityGroups/securityRules/delete
Microsoft.Network/networkSecurityGroups/delete
Microsoft.Network/azureFirewalls/delete
Microsoft.Network/bastionHosts/createShareableLinks/action
Microsoft.Sql/servers/firewallRules/write
Microsoft.Sql/servers/firewallRules/delete
Microsoft.Compute/virtualMachines/runCommand/action
Microsoft.Compute/virtualMachines/runCommands/write
Microsoft.Compute/virtualMachines/extensions/write
Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action
Microsoft.Compute/virtualMachines/write
Microsoft.Compute/disks/beginGetAccess/action
Microsoft.Compute/snapshots/beginGetAccess/action
Microsoft.Compute/snapshots/write
Microsoft.Compute/restorePointCollections/delete
Microsoft.SerialConsole/serialPorts/connect/action
Microsoft.ContainerService/managedClusters/runCommand/action
Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action
Microsoft.Storage/storageAccounts/listKeys/action
Microsoft.Storage/storageAccounts/listAccountSas/action
Microsoft.Storage/storageAccounts/regenerateKey/action
Microsoft.Storage/storageAccounts/write
Microsoft.Storage/storageAccounts/delete
Microsoft.Storage/storageAccounts/blobServices/write
Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete
Microsoft.Resources/subscriptions/resourceGroups/delete
Microsoft.RecoveryServices/vaults/delete
Microsoft.KeyVault/vaults/delete
Microsoft.KeyVault/vaults/accessPolicies/write
Microsoft.KeyVault/locations/deletedVaults/purge/action
Microsoft.Automation/automationAccounts/runbooks/write
Microsoft.Automation/automationAccounts/webhooks/write
Microsoft.Automation/automationAccounts/schedules/write
Microsoft.Portal/consoles/write
"""


@pytest.mark.parametrize("operation", WATCHED.strip().splitlines())
def test_every_operation_that_is_watched_elsewhere_has_a_rule_that_alerts(operation, pack):
    assert any(rule.alerts and rule.may_match(operation.lower(), "Administrative") for rule in pack.rules.values())


@pytest.mark.parametrize("operation", ["Resources/deployments/write", "Resources/tags/write", "Web/sites/write"])
def test_most_of_the_traffic_meets_no_rule_at_all(operation, pack):
    met = [
        rule.title for rule in pack.rules.values() if rule.may_match(f"microsoft.{operation}".lower(), "Administrative")
    ]
    assert met == []
