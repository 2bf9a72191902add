"""Who is given which role at which scope: role assignments, PIM's requests, delegations, and roles of one's own.

Ids of built-in roles: learn.microsoft.com, "Azure built-in roles".
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.detection.bodies import at, objects_at, text_at, texts_at

BUILT_IN_ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "a8889054-8d42-49c9-bc1c-52486c10e7cd": "Reservations Administrator",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "c12c1c16-33a1-487b-954d-41c89c60f349": "Reader and Data Access",
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": "Virtual Machine Contributor",
    "1c0163c0-47e6-4577-8991-ea5c82e286e4": "Virtual Machine Administrator Login",
    "fb879df8-f326-4884-b1cf-06f3ad86be52": "Virtual Machine User Login",
    "a6333a3e-0164-44c3-b281-7a577aff287f": "Windows Admin Center Administrator Login",
    "66f75aeb-eabe-4b70-9f1e-c350c4c9ad04": "Virtual Machine Data Access Administrator (preview)",
    "959f8984-c045-4866-89c7-12bf9737be2e": "Data Operator for Managed Disks",
    "7efff54f-a5b4-42b5-a1c5-5411624893ce": "Disk Snapshot Contributor",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    "81a9662b-bebf-436f-a333-f67b29880f12": "Storage Account Key Operator Service Role",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "69566ab7-960f-475b-8e7c-b3118f30c6bd": "Storage File Data Privileged Contributor",
    "5e467623-bb1f-42f4-a55d-6e525e11384b": "Backup Contributor",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "f25e0fa2-a7c8-4377-a976-54943a77a395": "Key Vault Contributor",
    "8b54135c-b56d-4d72-a534-26097cfdc8d8": "Key Vault Data Access Administrator",
    "a4417e6f-fecd-4de8-b567-7b0420556985": "Key Vault Certificates Officer",
    "14b46e9e-c2b7-41b4-b07b-48a6ebf60603": "Key Vault Crypto Officer",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59": "Managed Identity Contributor",
    "f1a07417-d97a-45cb-824c-7a7467783830": "Managed Identity Operator",
    "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8": "Azure Kubernetes Service Cluster Admin Role",
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": "Azure Kubernetes Service RBAC Cluster Admin",
    "8393591c-06b9-48a2-a542-1bd6b377f6a2": "Azure Arc Kubernetes Cluster Admin",
    "fb1c8493-542b-48eb-b624-b4c8fea62acd": "Security Admin",
    "39bc4728-0917-49c7-9d2c-d95423bc2eb4": "Security Reader",
    "28bf596f-4eb7-45ce-b5bc-6cf482fec137": "Locks Contributor",
    "ab8e14d6-4a74-4a29-9ba8-549422addade": "Microsoft Sentinel Contributor",
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": "Log Analytics Contributor",
    "150f5e0c-0603-4f03-8c7f-cf70034c4e90": "Data Purger",
    "749f88d5-cbae-40b8-bcfc-e573ddc772fa": "Monitoring Contributor",
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
    "36243c78-bf99-498c-9df9-86d9f8d28608": "Resource Policy Contributor",
    "f353d9bd-d4a6-484e-a77a-8050b599b867": "Automation Contributor",
    "cd570a14-e51a-42ad-bac8-bafd67325302": "Azure Connected Machine Resource Administrator",
    "5d58bcaf-24a5-4b20-bdb6-eed9f69fbe4c": "Management Group Contributor",
    "de139f84-1756-47ae-9be6-808fbbe84772": "Website Contributor",
    "87a39d53-fc1b-424a-814c-f7e04687dc9e": "Logic App Contributor",
    "91c1777a-f3dc-4fae-b103-61d183457e46": "Managed Services Registration assignment Delete Role",
}

_GUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
# What a role lets its holder do, and an operation that stands for it.
_POWERS = {
    "assign_roles": "microsoft.authorization/roleassignments/write",
    "run_commands": "microsoft.compute/virtualmachines/runcommand/action",
    "read_keys": "microsoft.storage/storageaccounts/listkeys/action",
    "stop_logging": "microsoft.insights/diagnosticsettings/delete",
    "remove_locks": "microsoft.authorization/locks/delete",
}
_DATA_POWERS = {
    "read_secrets": "microsoft.keyvault/vaults/secrets/getsecret/action",
    "read_blobs": "microsoft.storage/storageaccounts/blobservices/containers/blobs/read",
}
# What an access policy gives permissions on; one that gives none lets nobody in.
_VAULT_OBJECTS = ("secrets", "keys", "certificates", "storage")


def assignment_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return role, role_id, principal_id and principal_type of a role assignment or of a request for one."""
    wanted = at(request, "properties") or request
    role_id = _role_id(text_at(wanted, "roledefinitionid"))
    return _told(
        role=_role_name(role_id),
        role_id=role_id,
        principal_id=text_at(wanted, "principalid"),
        principal_type=text_at(wanted, "principaltype"),
    )


def delegation_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the roles that a Lighthouse definition gives another tenant's principals, and that tenant."""
    properties = at(request, "properties")
    grants = [*objects_at(properties, "authorizations"), *objects_at(properties, "eligibleauthorizations")]
    role_ids = _unique(_role_id(text_at(grant, "roledefinitionid")) for grant in grants)
    return _told(
        managing_tenant=text_at(properties, "managedbytenantid"),
        role=[_role_name(role_id) for role_id in role_ids],
        role_id=role_ids,
        principal_id=_unique(text_at(grant, "principalid") for grant in grants),
    )


def definition_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return role (its name) and role_powers of a custom role: which of the known powers it gives, in order of name."""
    properties = at(request, "properties")
    return _told(role=text_at(properties, "rolename")) | {"role_powers": sorted(_powers(properties))}


def access_policy_facts(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return principal_id of the principals that access policies let into a key vault, written alone or with it."""
    policies = objects_at(request, "properties", "accesspolicies")
    return _told(principal_id=_unique(text_at(policy, "objectid") for policy in policies if _lets_in(policy)))


def _lets_in(policy: Mapping[str, Any]) -> bool:
    return any(texts_at(policy, "permissions", kind) for kind in _VAULT_OBJECTS)


def _powers(properties: Any) -> set[str]:
    found: set[str] = set()
    for permission in objects_at(properties, "permissions"):
        actions, without = texts_at(permission, "actions"), texts_at(permission, "notactions")
        found |= {"everything"} if "*" in actions else set()
        found |= {power for power, operation in _POWERS.items() if _grants(actions, without, operation)}
        data, without_data = texts_at(permission, "dataactions"), texts_at(permission, "notdataactions")
        found |= {power for power, operation in _DATA_POWERS.items() if _grants(data, without_data, operation)}
    return found


def _grants(actions: list[str], without: list[str], operation: str) -> bool:
    return any(_covers(action, operation) for action in actions) and not any(
        _covers(not_, operation) for not_ in without
    )


def _covers(pattern: str, operation: str) -> bool:
    """Return whether an action with `*` for any text covers an operation (in lower case)."""
    first, *rest = pattern.lower().split("*")
    if not rest:
        return first == operation
    if not operation.startswith(first):
        return False
    place = len(first)
    for part in rest[:-1]:
        place = operation.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return operation.endswith(rest[-1]) and len(operation) - len(rest[-1]) >= place


def _role_id(definition: str | None) -> str | None:
    """Return the id at the end of a role definition's path, in lower case and with its dashes."""
    last = (definition or "").rstrip("/").rpartition("/")[2].lower()
    if not _GUID.fullmatch(last):
        return last or None
    digits = last.replace("-", "")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _role_name(role_id: str | None) -> str | None:
    return None if role_id is None else BUILT_IN_ROLES.get(role_id, role_id)


def _unique(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _told(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}
