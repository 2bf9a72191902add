"""The everyday work of a simulated subscription: people, a deployment pipeline and the platform itself."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulator import platform_events as platform
from simulator.cast import new_id
from simulator.events import Event, EventFactory, Operation

APP, DATA, NET = "resourceGroups/fabrikam-app", "resourceGroups/fabrikam-data", "resourceGroups/fabrikam-net"
VM = f"{APP}/providers/Microsoft.Compute/virtualMachines/fabrikam-app-02"
STORAGE = f"{DATA}/providers/Microsoft.Storage/storageAccounts/fabrikamdata01"
VAULT = f"{DATA}/providers/Microsoft.KeyVault/vaults/fabrikam-vault"
NSG = f"{NET}/providers/Microsoft.Network/networkSecurityGroups/fabrikam-web-nsg"
SCALE = f"{APP}/providers/Microsoft.Insights/autoscaleSettings/fabrikam-web-scale"


def security_rule(ports: str, source: str, priority: int) -> dict[str, Any]:
    """Return the request that lets a source in to ports, as `az network nsg rule create` sends it."""
    return {
        "properties": {
            "access": "Allow",
            "destinationAddressPrefix": "*",
            "destinationPortRange": ports,
            "direction": "Inbound",
            "priority": priority,
            "protocol": "Tcp",
            "sourceAddressPrefix": source,
            "sourcePortRange": "*",
        }
    }


_TAGS = {"operation": "Merge", "properties": {"tags": {"costcenter": "4711", "owner": "platform"}}}

_ROUTINE: tuple[tuple[int, Operation], ...] = (
    (12, Operation("Microsoft.Resources/tags/write", f"{APP}/providers/Microsoft.Resources/tags/default", _TAGS)),
    (8, Operation("Microsoft.Compute/virtualMachines/start/action", VM, accepted=True)),
    (5, Operation("Microsoft.Compute/virtualMachines/restart/action", VM, accepted=True)),
    (8, Operation("Microsoft.Storage/storageAccounts/listKeys/action", STORAGE)),
    (3, Operation("Microsoft.Storage/storageAccounts/read", STORAGE)),
    (6, Operation("Microsoft.Web/sites/restart/action", f"{APP}/providers/Microsoft.Web/sites/fabrikam-shop")),
    (
        5,
        Operation(
            "Microsoft.Network/networkSecurityGroups/securityRules/write",
            f"{NSG}/securityRules/allow-https",
            security_rule("443", "Internet", 200),
        ),
    ),
    (
        4,
        Operation(
            "Microsoft.Insights/metricAlerts/write",
            f"{APP}/providers/Microsoft.Insights/metricAlerts/cpu-high",
            {"location": "global", "properties": {"severity": 3, "enabled": True}},
        ),
    ),
)
"""Everyday operations with their share."""


def history(
    rng: Random, subscription: str, tenant: str, start: datetime, end: datetime, *, operations: int = 150
) -> Iterator[Event]:
    """Yield the events of so many everyday operations between two times, in order of their beginning."""
    make = EventFactory(rng, tenant, subscription)
    for moment in sorted(rng.uniform(0, (end - start).total_seconds()) for _ in range(operations)):
        yield from everyday(make, start + timedelta(seconds=moment))


def everyday(make: EventFactory, at: datetime) -> list[Event]:
    """Draw one thing that happens on a working day and make its events."""
    draw = make.rng.random()
    if draw < 0.24:
        return [_of_the_platform(make, at)]
    if draw < 0.45:
        return _deployment(make, at)
    shares, operations = zip(*_ROUTINE, strict=True)
    [what] = make.rng.choices(operations, shares)
    return make.operation(at, what, make.rng.choice(make.cast.everyone))


def _deployment(make: EventFactory, at: datetime) -> list[Event]:
    """Make a deployment and what it writes: operations of their own under one correlationId."""
    correlation, actor = new_id(make.rng), make.cast.pipeline
    name = f"release-{make.rng.randrange(1_000, 10_000)}"
    path = f"{APP}/providers/Microsoft.Resources/deployments/{name}"
    site = f"{APP}/providers/Microsoft.Web/sites/fabrikam-shop"
    body = {"properties": {"mode": "Incremental", "templateLink": {"uri": "https://fabrikam.example/shop.json"}}}
    whole = Operation("Microsoft.Resources/deployments/write", path, body, accepted=True, code="Created")
    part = Operation("Microsoft.Web/sites/write", site, {"location": "norwayeast", "tags": {"release": name}})
    later = at + timedelta(seconds=make.rng.uniform(0.5, 1.5))
    return make.operation(at, whole, actor, correlation) + make.operation(later, part, actor, correlation)


def _of_the_platform(make: EventFactory, at: datetime) -> Event:
    kinds: tuple[tuple[int, Callable[[], Event]], ...] = (
        (40, lambda: platform.policy_audit(make, at, STORAGE, make.rng.choice(make.cast.everyone))),
        (25, lambda: platform.autoscale(make, at, SCALE)),
        (10, lambda: platform.alert(make, at, f"{APP}/providers/Microsoft.Insights/alertRules/cpu-high")),
        (8, lambda: platform.resource_health(make, at, VM)),
        (6, lambda: platform.recommendation(make, at, VM)),
        (5, lambda: platform.pim_activation(make, at, make.cast.admin)),
        (3, lambda: platform.service_health(make, at)),
        (3, lambda: platform.security(make, at)),
    )
    [build] = make.rng.choices([build for _, build in kinds], [share for share, _ in kinds])
    return build()
