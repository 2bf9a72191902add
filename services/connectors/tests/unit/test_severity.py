"""How much an operation matters: the table of the severity heuristics, one row after the other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.records import SHAPES, encode, exported, rest

from app.connectors import get_connector

SHAPE = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
CASES = pytest.mark.parametrize("spell", [str, str.lower, str.upper, str.swapcase], ids=["as is", "low", "up", "swap"])

HIGH = {
    "Microsoft.Authorization/roleAssignments/write": "role",
    "Microsoft.Authorization/roleDefinitions/write": "role",
    "Microsoft.Authorization/policyAssignments/delete": "policy assignment",
    "Microsoft.Sql/servers/firewallRules/delete": "firewall rule",
    "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules/delete": "firewall rule",
    "Microsoft.Cache/redis/firewallRules/delete": "firewall rule",
    "Microsoft.Network/networkSecurityGroups/delete": "network security group",
    "Microsoft.ClassicNetwork/networkSecurityGroups/delete": "network security group",
    "Microsoft.Network/networkSecurityGroups/securityRules/delete": "network security rule",
    "Microsoft.KeyVault/vaults/delete": "key vault",
}
MEDIUM = {
    "Microsoft.Compute/virtualMachines/deallocate/action": "virtual machine",
    "Microsoft.Compute/virtualMachines/powerOff/action": "virtual machine",
    "Microsoft.Compute/virtualMachines/deallocate": "virtual machine",
    "Microsoft.Compute/virtualMachineScaleSets/deallocate/action": "scale set",
    "Microsoft.Compute/virtualMachineScaleSets/powerOff/action": "scale set",
    "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/deallocate/action": "virtual machine",
    "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/powerOff/action": "virtual machine",
}
NEAR_MISSES = [
    "Microsoft.Authorization/roleAssignments/delete",
    "Microsoft.Authorization/roleDefinitions/delete",
    "Microsoft.Authorization/roleAssignmentScheduleRequests/write",
    "Microsoft.Elsewhere/roleAssignments/write",
    "Microsoft.Authorization/policyAssignments/write",
    "Microsoft.Authorization/policyDefinitions/delete",
    "Microsoft.Sql/servers/firewallRules/write",
    "Microsoft.Sql/servers/myFirewallRules/delete",
    "Microsoft.Network/azureFirewalls/delete",
    "Microsoft.Network/firewallPolicies/delete",
    "Microsoft.Network/networkSecurityGroups/write",
    "Microsoft.Network/networkSecurityGroups/securityRules/write",
    "Microsoft.Network/applicationSecurityGroups/delete",
    "Microsoft.KeyVault/vaults/write",
    "Microsoft.KeyVault/vaults/secrets/delete",
    "Microsoft.KeyVault/managedHSMs/delete",
    "Microsoft.RecoveryServices/vaults/delete",
    "Microsoft.Compute/virtualMachines/start/action",
    "Microsoft.Compute/virtualMachines/restart/action",
    "Microsoft.Compute/virtualMachines/delete",
    "Microsoft.ContainerService/managedClusters/deallocate/action",
    "Microsoft.Storage/storageAccounts/write",
    "Delete network security group",
    "Remove member from role (PIM activation expired)",
    "write",
    "delete",
]


@pytest.fixture
def severity(connector):
    """Return a record's severity; None when it is dropped."""

    def of(record):
        event = connector.normalize(encode(record))
        return event and event.severity.value

    return of


@SHAPE
@CASES
@pytest.mark.parametrize("operation", HIGH)
def test_a_high_blast_radius_operation_is_high(connector, shape, spell, operation):
    event = connector.normalize(encode(shape(spell(operation))))
    assert event.severity.value == "high"
    assert HIGH[operation] in event.severity_reason


@SHAPE
@CASES
@pytest.mark.parametrize("operation", MEDIUM)
def test_a_stopped_machine_is_medium(connector, shape, spell, operation):
    event = connector.normalize(encode(shape(spell(operation))))
    assert event.severity.value == "medium"
    assert MEDIUM[operation] in event.severity_reason


def test_a_granted_role_names_its_attack_technique(connector):
    event = connector.normalize(encode(rest("Microsoft.Authorization/roleAssignments/write")))
    assert "T1098.003" in event.severity_reason


@SHAPE
@pytest.mark.parametrize("operation", NEAR_MISSES)
def test_a_near_miss_is_info(severity, shape, operation):
    assert severity(shape(operation)) == "info"


@SHAPE
@pytest.mark.parametrize("status", ["Started", "Accepted", "Succeeded", "Failed"])
def test_a_high_operation_is_high_whatever_its_outcome(severity, shape, status):
    assert severity(shape("Microsoft.KeyVault/vaults/delete", status)) == "high"


@SHAPE
@pytest.mark.parametrize(
    "operation",
    [
        "Microsoft.Storage/storageAccounts/write",
        "Microsoft.Storage/storageAccounts/delete",
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "MICROSOFT.KEYVAULT/VAULTS/SECRETS/DELETE",
    ],
)
def test_a_failed_write_is_medium_with_its_reason(connector, shape, operation):
    event = connector.normalize(encode(shape(operation, "Failed")))
    assert event.severity.value == "medium"
    assert "failed" in event.severity_reason


@SHAPE
@pytest.mark.parametrize("status", ["Started", "Accepted", "Succeeded", "Active", "Something else", ""])
def test_a_write_that_did_not_fail_is_info(severity, shape, status):
    assert severity(shape(status=status)) == "info"


@pytest.mark.parametrize("word", ["Failure", "failed", "FAILED.", "Canceled"])
def test_every_word_for_failure_makes_a_write_medium(severity, word):
    assert severity(exported(resultType=word)) == "medium"


def test_the_outcome_of_an_export_is_read_from_its_signature_when_the_type_is_missing(severity):
    assert severity(exported(resultType=None, resultSignature="Failed.NotFound")) == "medium"


@SHAPE
@CASES
@pytest.mark.parametrize("status", ["Started", "Succeeded", "Failed"])
@pytest.mark.parametrize("operation", ["Microsoft.Compute/virtualMachines/read", "Microsoft.KeyVault/vaults/read"])
def test_a_read_is_dropped(severity, shape, spell, status, operation):
    assert severity(shape(spell(operation), status)) is None


@SHAPE
@pytest.mark.parametrize(
    "operation",
    [
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Compute/disks/beginGetAccess/action",
        "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
        "Microsoft.Web/sites/config/list/action",
        "Microsoft.Fabrikam/things/read/action",
        "Microsoft.Fabrikam/read/write",
        "Microsoft.Fabrikam/things/spread",
    ],
)
def test_what_only_sounds_like_a_read_is_kept(severity, shape, operation):
    assert severity(shape(operation)) == "info"


@SHAPE
@CASES
@pytest.mark.parametrize("category", ["ServiceHealth", "ResourceHealth", "Security", "Alert"])
@pytest.mark.parametrize("level", ["Error", "Critical"])
def test_an_alarming_platform_event_is_medium_with_its_reason(connector, shape, spell, category, level):
    record = shape("Microsoft.Fabrikam/incident/action", "Active", spell(category), spell(level))
    event = connector.normalize(encode(record))
    assert event.severity.value == "medium"
    assert spell(level) in event.severity_reason


@SHAPE
@pytest.mark.parametrize(
    ("category", "level"),
    [
        ("ServiceHealth", "Warning"),
        ("Alert", "Informational"),
        ("Security", "Information"),
        ("Administrative", "Error"),
        ("Policy", "Critical"),
        ("Autoscale", "Error"),
        ("Recommendation", "Critical"),
    ],
)
def test_other_levels_and_categories_alarm_nobody(severity, shape, category, level):
    assert severity(shape("Microsoft.Fabrikam/incident/action", "Active", category, level)) == "info"


@SHAPE
@pytest.mark.parametrize("spell", [int, str, float])
@pytest.mark.parametrize(("number", "expected"), [(1, "medium"), (2, "medium"), (3, "info"), (4, "info"), (5, "info")])
def test_a_level_given_as_a_number_counts_like_its_word(severity, shape, spell, number, expected):
    record = shape("Microsoft.Fabrikam/incident/action", "Active", "Security")
    [key] = {"level", "Level"} & set(record)
    assert severity(record | {key: spell(number)}) == expected


@pytest.mark.parametrize("level", [2, "2", "Error"])
def test_an_exports_level_may_have_a_capital_letter(severity, level):
    record = exported("Microsoft.Fabrikam/incident/action", "Active", "Security", Level=level)
    del record["level"]
    assert severity(record) == "medium"


def test_a_level_that_is_true_is_not_the_number_one(severity):
    record = exported("Microsoft.Fabrikam/incident/action", "Active", "Security", Level=True)
    del record["level"]
    assert severity(record) == "info"


@SHAPE
@CASES
@pytest.mark.parametrize("category", ["Service Health", "Resource Health"])
def test_a_category_with_a_blank_is_the_same_category(connector, shape, spell, category):
    event = connector.normalize(encode(shape("Microsoft.Fabrikam/incident/action", "Active", spell(category), "Error")))
    assert (event.severity.value, event.actor_type) == ("medium", "platform")
    assert event.activity_category == spell(category).replace(" ", "")


def test_the_highest_match_wins_with_its_own_reason(connector):
    record = rest("Microsoft.Network/networkSecurityGroups/delete", "Failed", "Security", "Critical")
    event = connector.normalize(encode(record))
    assert event.severity.value == "high"
    assert event.severity_reason == "removes a network security group"


def test_a_routine_operation_has_a_reason_too(connector):
    assert connector.normalize(encode(rest())).severity_reason


# The oracle: the table of the severity heuristics, on an operation's parts and not on its text.
TYPES = {
    "Microsoft.Authorization": ["roleAssignments", "roleDefinitions", "policyAssignments", "locks"],
    "Microsoft.Elsewhere": ["roleAssignments", "vaults", "networkSecurityGroups", "firewallRules", "virtualMachines"],
    "Microsoft.Sql": ["servers", "servers/firewallRules", "servers/databases"],
    "Microsoft.Network": [
        "networkSecurityGroups",
        "networkSecurityGroups/securityRules",
        "networkSecurityGroups/providers",
        "securityRules",
    ],
    "Microsoft.KeyVault": ["vaults", "vaults/secrets", "vaults/firewallRules"],
    "Microsoft.Compute": ["virtualMachines", "virtualMachineScaleSets", "virtualMachineScaleSets/virtualMachines"],
}
VERBS = ["write", "delete", "read", "action", "deallocate", "powerOff", "start", "listKeys"]
WORDS = {"Started": False, "Accepted": False, "Succeeded": False, "Failed": True, "Active": False}
CATEGORIES = ["Administrative", "ServiceHealth", "ResourceHealth", "Alert", "Autoscale", "Security", "Policy"]
LEVELS = ["Informational", "Information", "Warning", "Error", "Critical"]


def oracle(provider, types, verb, *, action, failed, category, level):
    """Say what the table says of an operation's parts."""
    if verb == "read" and not action:
        return None
    if (
        provider == "Microsoft.Authorization"
        and types in (["roleAssignments"], ["roleDefinitions"])
        and verb == "write"
    ):
        return "high"
    deleted = types[-1] if verb == "delete" else None
    if deleted in {"policyAssignments", "firewallRules", "networkSecurityGroups"}:
        return "high"
    if deleted == "securityRules" and types[-2:-1] == ["networkSecurityGroups"]:
        return "high"
    if deleted == "vaults" and provider == "Microsoft.KeyVault" and len(types) == 1:
        return "high"
    stops = verb in {"deallocate", "powerOff"} and types[-1] in {"virtualMachines", "virtualMachineScaleSets"}
    alarms = category in {"ServiceHealth", "ResourceHealth", "Security", "Alert"} and level in {"Error", "Critical"}
    writes = action or verb in {"write", "delete", "action"}
    return "medium" if stops or alarms or (failed and writes) else "info"


@st.composite
def odd_case(draw, text):
    return "".join(draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in text)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_severity_is_what_the_table_says(data):
    pick = lambda options: data.draw(st.sampled_from(options))  # noqa: E731 - a name for what is said over and over
    provider = pick(sorted(TYPES))
    types, verb = pick(TYPES[provider]), pick(VERBS)
    # Only what does something by POST ends in /action: Azure has no write/action and no delete/action.
    action = verb not in {"write", "delete", "action"} and data.draw(st.booleans())
    status, category, level = pick(sorted(WORDS)), pick(CATEGORIES), pick(LEVELS)
    operation = f"{provider}/{types}/{verb}" + ("/action" if action else "")
    spelled = [data.draw(odd_case(part)) for part in (operation, category, level)]
    record = pick(sorted(SHAPES))
    event = get_connector("azure_activity").normalize(encode(SHAPES[record](spelled[0], status, *spelled[1:])))
    expected = oracle(
        provider, types.split("/"), verb, action=action, failed=WORDS[status], category=category, level=level
    )
    assert (event and event.severity.value) == expected
