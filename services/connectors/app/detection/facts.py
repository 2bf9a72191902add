"""What an operation's record and request say only together: which role at which scope, which ports to whom.

Facts are derived, never stored: rules read them as `aisoc.<fact>`, and the titles of alerts name them in braces. What
a rule can read from the request by itself (`aisoc.request.<path>`) is no fact.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from app.detection.bodies import at, objects_at, text_at
from app.detection.compute_facts import command_facts, extension_facts, size_facts
from app.detection.countries import country_of
from app.detection.network_facts import firewall_facts, security_group_facts, security_rule_facts
from app.detection.roles import access_policy_facts, assignment_facts, definition_facts, delegation_facts
from app.events.event import Event

REQUEST_FACTS = frozenset(
    {
        "role",
        "role_id",
        "role_powers",
        "principal_id",
        "principal_type",
        "managing_tenant",
        "open_ports",
        "open_sources",
        "open_services",
        "exposure",
        "firewall_opens",
        "firewall_range",
        "logs_enabled",
        "federated_issuer",
        "federated_subject",
        "extension",
        "script",
        "vm_size",
        "vm_cores",
    }
)
"""The facts that need the request's body. `scope`, `scope_name` and `scope_level` are told by the resource id alone."""

_Reader = Callable[[Mapping[str, Any]], dict[str, Any]]

# Resources that belong to another one, which they follow in its id: the scope of what they grant, lock or log.
_EXTENSIONS = re.compile(
    r"/providers/(?:microsoft\.authorization|microsoft\.managedservices|microsoft\.insights/diagnosticsettings)(?:/|$)"
)
_LEVELS = (
    (re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+/.+"), "resource"),
    (re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+"), "resource_group"),
    (re.compile(r"/subscriptions/[^/]+"), "subscription"),
    (re.compile(r"/subscriptions/[^/]+/.+"), "resource"),
    (re.compile(r"/providers/microsoft\.management/managementgroups/[^/]+"), "management_group"),
    (re.compile(r""), "tenant"),
)


def derive(event: Event, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the facts of a record, by name; only those that its operation can have.

    request: the body of the operation's request; None where it is not known, and then the facts of REQUEST_FACTS are
    missing. Values are texts of 512 characters at most, whole numbers, or lists of texts. Never raises, whatever the
    request holds.
    """
    facts = scope_facts(event.resource_id)
    if country := country_of(event.src_ip):
        facts["src_country"] = country
    if request is None:
        return facts
    reader = _READERS.get(event.event_type) or _reader_by_ending(event.event_type)
    return facts | reader(request) if reader else facts


def scope_facts(resource_id: str | None) -> dict[str, Any]:
    """Return scope, scope_name and scope_level of what is assigned to a resource: a role, a lock, a policy, a setting.

    scope: the id of that resource. scope_name: in words, as "resource group shop". scope_level: tenant,
    management_group, subscription, resource_group or resource. Other resources have none of these.
    """
    path = (resource_id or "").rstrip("/")
    places = list(_EXTENSIONS.finditer(path.lower()))
    if not places:
        return {}
    scope = path[: places[-1].start()]
    level = next((level for pattern, level in _LEVELS if pattern.fullmatch(scope.lower())), None)
    return {"scope": scope or "/", "scope_name": _named(scope, level), "scope_level": level} if level else {}


def _named(scope: str, level: str) -> str:
    if level == "tenant":
        return "the whole tenant"
    kind, name = scope.split("/")[-2:]
    return f"{kind if level == 'resource' else level.replace('_', ' ')} {name}"


def _logging_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return logs_enabled: how many categories of logs a diagnostic setting keeps."""
    properties = at(request, "properties")
    if not isinstance(properties, Mapping):
        return {}
    return {"logs_enabled": sum(str(at(log, "enabled")).lower() == "true" for log in objects_at(properties, "logs"))}


def _federation_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return federated_issuer and federated_subject: whose tokens an identity trusts from now on."""
    told = {f"federated_{name}": text_at(request, "properties", name) for name in ("issuer", "subject")}
    return {name: value for name, value in told.items() if value}


_READERS: dict[str, _Reader] = {
    "microsoft.authorization/roleassignments/write": assignment_facts,
    "microsoft.authorization/roleassignmentschedulerequests/write": assignment_facts,
    "microsoft.authorization/roleeligibilityschedulerequests/write": assignment_facts,
    "microsoft.authorization/roledefinitions/write": definition_facts,
    "microsoft.managedservices/registrationdefinitions/write": delegation_facts,
    "microsoft.keyvault/vaults/accesspolicies/write": access_policy_facts,
    "microsoft.keyvault/vaults/write": access_policy_facts,
    "microsoft.network/networksecuritygroups/securityrules/write": security_rule_facts,
    "microsoft.network/networksecuritygroups/write": security_group_facts,
    "microsoft.insights/diagnosticsettings/write": _logging_facts,
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials/write": _federation_facts,
    "microsoft.compute/virtualmachines/write": size_facts,
    "microsoft.compute/virtualmachinescalesets/write": size_facts,
    "microsoft.containerservice/managedclusters/write": size_facts,
    "microsoft.containerservice/managedclusters/agentpools/write": size_facts,
    "microsoft.batch/batchaccounts/pools/write": size_facts,
    "microsoft.machinelearningservices/workspaces/computes/write": size_facts,
}
_ENDINGS: tuple[tuple[str, _Reader], ...] = (
    ("/firewallrules/write", firewall_facts),
    ("/extensions/write", extension_facts),
    ("/runcommand/action", command_facts),
    ("/runcommands/write", command_facts),
)


def _reader_by_ending(event_type: str) -> _Reader | None:
    return next((reader for ending, reader in _ENDINGS if event_type.endswith(ending)), None)
