"""What to do in Azure before a connector of Azure Activity Logs can read: steps, and commands filled in; pure."""

import shlex
from collections.abc import Mapping
from typing import Any

READS = (
    "Every control-plane event of a subscription: who granted which role, who deleted which network security group, "
    "which deployment failed."
)
NEEDS = "An app registration in Microsoft Entra ID with the role Reader on the subscription."
_REGISTER = (
    "Entra admin center > App registrations > New registration, or open an app that you have for another of "
    "Microsoft's sources. From its Overview copy the Application (client) ID and the Directory (tenant) ID."
)
_CREDENTIAL = (
    "Certificates & secrets > New client secret. Copy its Value, not its Secret ID: the portal shows it once. Note the "
    "day on which it expires."
)
_ROLE = (
    "Subscriptions > your subscription > Access control (IAM) > Add role assignment. Role: Reader. Member: the app, "
    "found by its name. Reader is enough. Not Contributor: a leaked secret could then change things."
)
_SUBSCRIPTION = "From the subscription's Overview. A new role assignment takes some minutes to work."
STEPS = (
    ("Register the app", _REGISTER),
    ("Make a client secret", _CREDENTIAL),
    ("Give the app Reader", _ROLE),
    ("Copy the Subscription ID", _SUBSCRIPTION),
)
_LONGEST = 200


def new_app_commands(typed: Mapping[str, Any]) -> str:
    """Return the commands that register an app, make its secret and give it Reader, filled in with what was typed."""
    scope = f"/subscriptions/{_given(typed, 'subscription_id', 'SUBSCRIPTION_ID')}"
    create = f"az ad sp create-for-rbac --name aisoc-reader --role Reader --scopes {shlex.quote(scope)}"
    return "\n".join([*_cloud_and_login(typed), create])


def existing_app_commands(typed: Mapping[str, Any]) -> str:
    """Return the command that gives an app Reader, filled in with what was typed."""
    scope = f"/subscriptions/{_given(typed, 'subscription_id', 'SUBSCRIPTION_ID')}"
    client = _given(typed, "client_id", "CLIENT_ID")
    assign = f"az role assignment create --assignee {shlex.quote(client)} --role Reader --scope {shlex.quote(scope)}"
    return "\n".join([*_cloud_and_login(typed), assign])


def name_from(typed: Mapping[str, Any]) -> str:
    """Return a name for a connector of which only the subscription's ID is known; empty without one."""
    return f"azure-{start}" if (start := _given(typed, "subscription_id", "")[:8].strip("-")).isalnum() else ""


def _cloud_and_login(typed: Mapping[str, Any]) -> list[str]:
    """Return what points the command line at the typed cloud and tenant; nothing for what is its default."""
    cloud, tenant = _given(typed, "cloud", "AzureCloud"), _given(typed, "tenant_id", "")
    commands = [f"az cloud set --name {shlex.quote(cloud)}"] if cloud.lower() != "azurecloud" else []
    return [*commands, f"az login --tenant {shlex.quote(tenant)}"] if tenant else commands


def _given(typed: Mapping[str, Any], name: str, placeholder: str) -> str:
    """Return what was typed into a field, as the connector will read it: without spaces and braces around it."""
    return str(typed.get(name) or "").strip().strip("{}").strip()[:_LONGEST] or placeholder
