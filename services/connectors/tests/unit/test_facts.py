"""What is derived from a request's body: the role, the opened ports and addresses, the script, the size."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.detection.facts import _READERS, REQUEST_FACTS, derive
from app.events.event import Event, Severity

SUBSCRIPTION = "/subscriptions/6f1c6f53-9d5c-4c2e-8f0e-2b1f6d1f0a11"
GROUP = f"{SUBSCRIPTION}/resourceGroups/shop"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
ASSIGN = "Microsoft.Authorization/roleAssignments/write"
FIRST = "0.0.0.0"  # noqa: S104 - the first address there is
RULE = "Microsoft.Network/networkSecurityGroups/securityRules/write"


def event(operation: str, resource_id: str | None = None) -> Event:
    known: dict[str, Any] = {field.name: None for field in msgspec.structs.fields(Event)}
    known |= {"id": UUID(int=1), "event_time": datetime(2026, 5, 1, tzinfo=UTC), "severity": Severity.INFO}
    known |= {"event_type": operation.lower(), "operation": operation, "title": operation, "resource_id": resource_id}
    return Event(**known)


def inbound(source: str | list[str], ports: str | list[str], **changes: str) -> dict[str, Any]:
    sources = {"sourceAddressPrefix" if isinstance(source, str) else "sourceAddressPrefixes": source}
    wanted = {"destinationPortRange" if isinstance(ports, str) else "destinationPortRanges": ports}
    return {"properties": {"access": "Allow", "direction": "Inbound", "protocol": "Tcp"} | sources | wanted | changes}


def opened(request: dict[str, Any]) -> tuple[list[str], str]:
    facts = derive(event(RULE), request)
    return facts["open_ports"], facts["exposure"]


@pytest.mark.parametrize(
    ("below", "level", "name"),
    [
        ("", "subscription", "subscription 6f1c6f53-9d5c-4c2e-8f0e-2b1f6d1f0a11"),
        ("/resourceGroups/shop", "resource_group", "resource group shop"),
        (
            "/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/orders",
            "resource",
            "storageAccounts orders",
        ),
    ],
)
def test_the_scope_of_a_role_is_what_its_assignment_belongs_to(below: str, level: str, name: str) -> None:
    where = f"{SUBSCRIPTION}{below}"
    facts = derive(event(ASSIGN, f"{where}/providers/Microsoft.Authorization/roleAssignments/1"), None)
    assert facts == {"scope": where, "scope_name": name, "scope_level": level}


def test_a_shouted_resource_id_has_the_same_level_of_scope() -> None:
    shouted = f"{GROUP}/providers/Microsoft.Authorization/locks/keep".upper()
    assert derive(event("Microsoft.Authorization/locks/delete", shouted), None)["scope_level"] == "resource_group"


def test_management_groups_and_the_tenant_are_scopes() -> None:
    group = "/providers/Microsoft.Management/managementGroups/all/providers/Microsoft.Authorization/roleAssignments/1"
    assert derive(event(ASSIGN, group), None)["scope_level"] == "management_group"
    elevated = derive(event("Microsoft.Authorization/elevateAccess/action", "/providers/Microsoft.Authorization"), None)
    assert elevated == {"scope": "/", "scope_name": "the whole tenant", "scope_level": "tenant"}


def test_the_diagnostic_setting_of_a_resource_has_that_resource_as_scope() -> None:
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
    told = derive(event("", f"{vault}/providers/Microsoft.Insights/diagnosticSettings/all"), None)
    assert told == {"scope": vault, "scope_name": "vaults keys", "scope_level": "resource"}


def test_an_ordinary_resource_has_no_scope() -> None:
    assert derive(event("", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/orders"), None) == {}


@pytest.mark.parametrize(
    "request_body",
    [
        {
            "properties": {
                "roleDefinitionId": f"/x/roleDefinitions/{OWNER}",
                "principalId": "p",
                "principalType": "User",
            }
        },
        {"Properties": {"RoleDefinitionId": OWNER.upper(), "PrincipalId": "p", "PrincipalType": "User"}},
        {"properties": {"roleDefinitionId": OWNER.replace("-", ""), "principalId": "p", "principalType": "User"}},
        {"roleDefinitionId": OWNER, "principalId": "p", "principalType": "User"},
        {"properties": json.dumps({"roleDefinitionId": OWNER, "principalId": "p", "principalType": "User"})},
    ],
)
def test_a_role_is_named_however_its_request_spells_it(request_body: dict[str, Any]) -> None:
    told = derive(event(ASSIGN), request_body)
    assert told == {"role": "Owner", "role_id": OWNER, "principal_id": "p", "principal_type": "User"}


def test_a_role_that_is_not_built_in_is_told_by_its_id() -> None:
    own = "0f0e2b1f-9d5c-4c2e-8f0e-6f1c6f530a11"
    told = derive(event(ASSIGN), {"properties": {"roleDefinitionId": f"/providers/x/{own}"}})
    assert told == {"role": own, "role_id": own}


@pytest.mark.parametrize("kind", ["roleAssignmentScheduleRequests", "roleEligibilityScheduleRequests"])
def test_a_request_of_pim_says_its_role_as_an_assignment_does(kind: str) -> None:
    told = derive(event(f"Microsoft.Authorization/{kind}/write"), {"properties": {"roleDefinitionId": OWNER}})
    assert told["role"] == "Owner"


@pytest.mark.parametrize(
    ("permission", "powers"),
    [
        (
            {"actions": ["*"]},
            ["assign_roles", "everything", "read_keys", "remove_locks", "run_commands", "stop_logging"],
        ),
        (
            {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"]},
            ["everything", "read_keys", "run_commands", "stop_logging"],
        ),
        ({"actions": ["Microsoft.Authorization/roleAssignments/*"]}, ["assign_roles"]),
        ({"actions": ["*/write"]}, ["assign_roles"]),
        ({"actions": ["*/runCommand/*"]}, ["run_commands"]),
        ({"actions": ["*/read"]}, []),
        ({"dataActions": ["Microsoft.KeyVault/vaults/secrets/*"]}, ["read_secrets"]),
        ({"dataActions": "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"}, ["read_blobs"]),
        ({"actions": [7, None, {}]}, []),
    ],
)
def test_a_role_of_ones_own_is_told_by_what_it_allows(permission: dict[str, Any], powers: list[str]) -> None:
    request = {"properties": {"roleName": "Helper", "permissions": [permission]}}
    told = derive(event("Microsoft.Authorization/roleDefinitions/write"), request)
    assert told == {"role": "Helper", "role_powers": powers}


def test_a_delegation_tells_the_tenant_and_all_its_roles() -> None:
    request = {
        "properties": {
            "managedByTenantId": "t",
            "authorizations": [
                {"principalId": "p", "roleDefinitionId": OWNER},
                {"principalId": "p", "roleDefinitionId": "acdd72a7-3385-48ef-bd42-f606fba81ae7"},
            ],
        }
    }
    told = derive(event("Microsoft.ManagedServices/registrationDefinitions/write"), request)
    assert (told["managing_tenant"], told["role"], told["principal_id"]) == ("t", ["Owner", "Reader"], ["p"])


@pytest.mark.parametrize("operation", ["vaults/write", "vaults/accessPolicies/write"])
def test_access_policies_tell_whom_they_let_in_and_pass_over_those_without_permissions(operation: str) -> None:
    policies = [
        {"objectId": "reader", "permissions": {"secrets": ["get"], "keys": []}},
        {"objectId": "signer", "permissions": {"Certificates": "all"}},
        {"objectId": "nobody", "permissions": {"secrets": [], "keys": None}},
        {"objectId": "odd", "permissions": "all"},
        {"permissions": {"secrets": ["get"]}},
    ]
    told = derive(event(f"Microsoft.KeyVault/{operation}"), {"properties": {"accessPolicies": policies}})
    assert told == {"principal_id": ["reader", "signer"]}


@pytest.mark.parametrize("source", ["*", "Internet", "ANY", "0.0.0.0/0", "::/0", "0.0.0.0/1", "64.0.0.0/8", "2000::/3"])
def test_whatever_spells_the_internet_opens_a_port(source: str) -> None:
    assert opened(inbound(source, "22")) == (["22"], "management")
    assert opened(inbound(["10.1.0.0/16", source], ["22"])) == (["22"], "management")


@pytest.mark.parametrize(
    "source",
    ["10.0.0.0/8", "192.168.0.0/16", "203.0.113.7", "203.0.113.0/24", "VirtualNetwork", "fd00::/8", "junk", ""],
)
def test_a_source_that_is_not_the_internet_opens_nothing(source: str) -> None:
    assert opened(inbound(source, "22")) == ([], "none")


@pytest.mark.parametrize(
    "changes", [{"access": "Deny"}, {"direction": "Outbound"}, {"protocol": "Icmp"}, {"access": ""}, {"direction": ""}]
)
def test_a_rule_that_lets_nobody_in_opens_nothing(changes: dict[str, str]) -> None:
    assert opened(inbound("*", "22", **changes)) == ([], "none")


@pytest.mark.parametrize(
    ("ports", "exposure"),
    [
        ("3389", "management"),
        ("*", "management"),
        ("0-65535", "management"),
        ("20-30", "management"),
        (["443", "5986"], "management"),
        ("443, 22", "management"),
        ("1433", "data"),
        ("5000-7000", "management"),
        ("6000-6400", "data"),
        ("8080", "other"),
        ("80-90", "other"),
        ("443", "web"),
        (["80", "443"], "web"),
        ("", "none"),
        ("junk", "none"),
        ("30-20", "none"),
    ],
)
def test_the_gravest_of_the_opened_ports_counts(ports: str | list[str], exposure: str) -> None:
    assert opened(inbound("*", ports))[1] == exposure


def test_a_whole_group_opens_what_any_of_its_rules_opens() -> None:
    rules = [{"name": "a"} | inbound("10.0.0.0/8", "22"), {"name": "b"} | inbound("Internet", ["443", "1433"])]
    told = derive(event("Microsoft.Network/networkSecurityGroups/write"), {"properties": {"securityRules": rules}})
    assert told == {
        "open_ports": ["443", "1433"],
        "open_sources": ["Internet"],
        "open_services": ["https", "sql-server"],
        "exposure": "data",
    }


@pytest.mark.parametrize(
    ("first", "last", "opens"),
    [
        (FIRST, "255.255.255.255", "internet"),
        ("1.0.0.0", "2.255.255.255", "internet"),
        (FIRST, FIRST, "azure"),
        ("203.0.0.0", "203.0.255.255", "wide"),
        ("203.0.113.7", "203.0.113.7", "narrow"),
        ("203.0.113.7", "203.0.113.0", "narrow"),
    ],
)
def test_a_database_firewall_is_told_by_how_much_it_lets_in(first: str, last: str, opens: str) -> None:
    request = {"properties": {"startIpAddress": first, "endIpAddress": last}}
    for product in ("Microsoft.Sql/servers", "Microsoft.DBforPostgreSQL/flexibleServers"):
        told = derive(event(f"{product}/firewallRules/write"), request)
        assert told == {"firewall_range": f"{first}-{last}", "firewall_opens": opens}


@pytest.mark.parametrize(
    ("logs", "kept"),
    [
        ([], 0),
        (None, 0),
        ([{"category": "AuditEvent", "enabled": False}], 0),
        ([{"category": "AuditEvent", "enabled": True}, {"categoryGroup": "allLogs", "enabled": "True"}], 2),
    ],
)
def test_a_diagnostic_setting_is_told_by_the_logs_it_keeps(logs: Any, kept: int) -> None:
    setting = {"properties": {"workspaceId": "w", "logs": logs}}
    assert derive(event("Microsoft.Insights/diagnosticSettings/write"), setting) == {"logs_enabled": kept}


def test_what_a_machine_is_made_to_run_is_told() -> None:
    run = "Microsoft.Compute/virtualMachines/runCommand/action"
    assert derive(event(run), {"commandId": "RunShellScript", "script": ["id", "ls"]}) == {"script": "id\nls"}
    assert derive(event(run), {"commandId": "RunShellScript"}) == {"script": "RunShellScript"}
    managed = {"properties": {"source": {"scriptUri": "https://contoso.example/a.sh"}}}
    told = derive(event("Microsoft.Compute/virtualMachines/runCommands/write"), managed)
    assert told == {"script": "https://contoso.example/a.sh"}
    extension = {"properties": {"publisher": "P", "type": "T", "settings": {"fileUris": ["u", "v"]}}}
    told = derive(event("Microsoft.Compute/virtualMachines/extensions/write"), extension)
    assert told == {"extension": "P/T", "script": "u v"}


def test_a_long_script_is_cut() -> None:
    told = derive(event("Microsoft.Compute/virtualMachines/runCommand/action"), {"script": ["x" * 400, "y" * 400]})
    assert len(told["script"]) == 512


@pytest.mark.parametrize(
    ("operation", "request_body", "size", "cores"),
    [
        ("Compute/virtualMachines", {"properties": {"hardwareProfile": {"vmSize": "Standard_D2s_v5"}}}, "D2s_v5", 2),
        ("Compute/virtualMachineScaleSets", {"sku": {"name": "Standard_NC24ads_A100_v4", "capacity": 4}}, "", 96),
        (
            "ContainerService/managedClusters/agentPools",
            {"properties": {"vmSize": "Standard_ND96", "count": "2"}},
            "",
            192,
        ),
    ],
)
def test_machines_are_told_by_size_and_by_all_their_cores(
    operation: str, request_body: dict[str, Any], size: str, cores: int
) -> None:
    told = derive(event(f"Microsoft.{operation}/write"), request_body)
    assert told["vm_cores"] == cores
    assert told["vm_size"].endswith(size)


KEYS = """properties Properties roleDefinitionId permissions actions securityRules access direction sourceAddressPrefix
destinationPortRange logs settings sku name source startIpAddress endIpAddress authorizations agentPoolProfiles vmSize
count script"""
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["*", "22", "Allow", "Inbound", "{}", "[", "1-x"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYS.split()),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from([*_READERS, "x/firewallrules/write", "x/extensions/write", "x/runcommand/action"]), values)
def test_no_request_is_too_odd_to_be_read(operation: str, request_body: Any) -> None:
    body = request_body if isinstance(request_body, dict) else {"properties": request_body}
    told = derive(event(operation, "/x"), body)
    assert set(told) <= REQUEST_FACTS
    json.dumps(told)
