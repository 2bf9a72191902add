"""Samples of detections that another project published, where they are at hand: each has a rule of ours that agrees.

The Activity Log cannot show the data planes of storage and key vaults. Those samples are in the table as well: the
pack's data-plane rules match the same records where somebody brings them in as files of exported records.
"""

import json
from pathlib import Path

import msgspec
import pytest
from conftest import SHARED

from app.detection.judging import judge
from app.detection.reading import read_rules

FOLDER = SHARED / "rule-samples"
PACK = Path(__file__).parents[4] / "detections" / "azure"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of published samples is not on this machine")

# Which rules of ours stand for a file's detection: one that matches is enough, none may match what it must not.
RULES = {
    "azure_action_groups_deleted": ["logging/action_group_deleted"],
    "azure_alert_rules_deleted": ["logging/alert_rule_deleted"],
    "azure_automation_account_created": ["automation/account_created"],
    "azure_automation_runbook_deleted": ["automation/runbook_deleted"],
    "azure_automation_webhook_created": ["automation/webhook_created"],
    "azure_disk_deleted": ["compute/disk_deleted"],
    "azure_firewall_policy_deleted": ["network/firewall_deleted"],
    "azure_keyvault_deleted": ["credentials/key_vault_deleted"],
    "azure_keyvault_key_purged": ["data-plane/key_vault_key_purged"],
    "azure_keyvault_secret_accessed_or_recovered": ["data-plane/key_vault_secret_read"],
    "azure_log_analytics_workspace_deleted": ["logging/log_workspace_deleted"],
    "azure_network_packet_capture_enabled": ["logging/packet_capture"],
    "azure_network_watcher_deleted": ["logging/network_watcher_deleted"],
    "azure_policy_deployifnotexists": ["governance/policy_deploys"],
    "azure_recovery_services_container_deleted": ["recovery/protection_container_deleted"],
    "azure_resource_lock_deleted": ["governance/resource_lock_deleted"],
    "azure_role_assignment_privileged_or_elevated": [
        "identity/elevate_access",
        "identity/role_full_control_wide",
        "identity/role_sensitive",
    ],
    "azure_sql_server_deleted": ["recovery/database_deleted"],
    "azure_storage_account_key_access_enabled": ["storage/shared_key_on"],
    "azure_storage_account_keys_listed": ["credentials/storage_keys_listed"],
    "azure_storage_account_versioning_disabled": ["storage/versioning_off"],
    "azure_storage_blob_bulk_deletion": ["data-plane/blob_deleted"],
    "azure_storage_blob_cpk_encryption_detected": ["data-plane/blob_foreign_key"],
    "azure_storage_blob_soft_delete_disabled": ["storage/soft_delete_off"],
    "azure_storage_container_soft_delete_disabled": ["storage/soft_delete_off"],
    "azure_storage_https_only_disabled": ["storage/https_off"],
    "azure_storage_sas_external_access": ["data-plane/sas_used_from_outside"],
    "azure_vm_command_executed": [
        "compute/vm_run_command",
        "compute/vm_script_extension",
        "compute/gallery_application",
        "compute/aks_run_command",
        "compute/serial_console",
    ],
    "azure_vm_disk_sas_uri_generated": ["compute/disk_exported"],
}
# Why these records are in no Activity Log: requests to the data itself do not go through Azure Resource Manager.
DATA_PLANE = {
    "azure_keyvault_key_purged": "purging a key is a request to the vault",
    "azure_keyvault_secret_accessed_or_recovered": "reading a secret is a request to the vault",
    "azure_storage_blob_bulk_deletion": "deleting a blob is a request to the storage account",
    "azure_storage_blob_cpk_encryption_detected": "reading a blob is a request to the storage account",
    "azure_storage_sas_external_access": "using an access signature is a request to the storage account",
}
CASES = [
    pytest.param(file.stem, case["event"], case["expected"], id=f"{file.stem}: {case['name']}")
    for file in sorted(FOLDER.glob("*.json"))
    for case in json.loads(file.read_bytes())["tests"]
]


@pytest.fixture(scope="module")
def rules():
    return {
        rule.path.relative_to(PACK).with_suffix("").as_posix(): rule for rule in read_rules([PACK], {}).rules.values()
    }


def test_every_published_file_has_rules_of_ours():
    assert {file.stem for file in FOLDER.glob("*.json")} == RULES.keys()


def test_the_data_planes_cases_are_those_of_the_folder_for_data_planes():
    of_data = {name for name, ours in RULES.items() if any(rule.startswith("data-plane/") for rule in ours)}
    assert of_data == DATA_PLANE.keys()


@pytest.mark.parametrize(("name", "event", "expected"), CASES)
def test_our_rules_agree_with_what_was_published(name, event, expected, connector, rules):
    raw = msgspec.json.encode(event)
    normalized = connector.normalize(raw)
    ours = tuple(rules[rule] for rule in RULES[name])
    found = judge(lambda _: ours, [(normalized, raw)]) if normalized else []
    assert bool(found) is expected
