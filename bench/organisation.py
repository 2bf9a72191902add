"""An invented organisation whose cloud is busy: the subscriptions, people, apps and resources of the seeded events."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from random import Random

from simulator import platform_events as platform
from simulator.cast import OWNER, Actor, new_id
from simulator.events import Event, EventFactory, Operation

CONNECTORS = ("prod", "prod-eu", "staging", "test", "dev", "data", "identity", "sandbox")
_GROUPS = 60
_RESOURCES = 30
_PEOPLE, _APPS = 1_200, 150
_PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
# 40 first names and 30 family names.
_FIRST = """
Ada Aiko Amir Anton Bianca Carlos Chidi Dana Elif Emeka Farah Freya Goran Hana Ines Ivan Jonas Kavya Lars Leila Maeve
Mateo Megan Mina Nadia Noor Oskar Priya Quentin Rosa Samira Sven Tariq Tomas Uma Viktor Wanda Yara Yusuf Zoe
"""
_LAST = """
Abara Almeida Becker Bergman Castillo Costa Dahl Dvorak Eriksen Fischer Garcia Haddad Ito Jansen Kowalski Lindqvist
Moreau Novak Okafor Petrov Quist Raman Silva Tanaka Ueda Vesely Whitfield Xu Yilmaz Zeman
"""
_TYPES = (
    ("Microsoft.Compute/virtualMachines", "vm", ("write", "start/action", "deallocate/action", "restart/action")),
    ("Microsoft.Storage/storageAccounts", "st", ("write", "listKeys/action", "delete")),
    ("Microsoft.Web/sites", "app", ("write", "restart/action", "config/write")),
    ("Microsoft.KeyVault/vaults", "kv", ("write", "accessPolicies/write", "delete")),
    ("Microsoft.Network/networkSecurityGroups", "nsg", ("write", "join/action", "delete")),
    ("Microsoft.Sql/servers", "sql", ("write", "firewallRules/write", "firewallRules/delete")),
    ("Microsoft.ContainerService/managedClusters", "aks", ("write", "listClusterUserCredential/action")),
    ("Microsoft.Insights/metricAlerts", "alert", ("write", "delete")),
    ("Microsoft.Resources/tags", "tags", ("write",)),
)
_SHARES = (22, 18, 16, 5, 6, 5, 8, 6, 14)


@dataclass(frozen=True)
class _Subscription:
    connector: str
    make: EventFactory
    resources: tuple[tuple[int, str], ...]
    """Resources, the busiest first: the index of the type, and the path below the subscription."""


class Organisation:
    """Draws the events of a day, the same ones whenever it is asked for that day.

    rarity: how rare the weighty operations of each type are, such as deletes: of three verbs the last is drawn every
    tenth time with 4, every two hundred and fiftieth with 100.
    """

    def __init__(self, rarity: int = 4) -> None:
        self._rarity = rarity
        rng = Random(7)  # noqa: S311 - the same organisation each time
        self.tenant = new_id(rng)
        self._people = _people(rng)
        self._apps = [_app(rng, number) for number in range(_APPS)]
        self._subscriptions = [_subscription(rng, self.tenant, connector) for connector in CONNECTORS]

    def day(self, day: date, events: int) -> Iterator[tuple[str, Event]]:
        """Yield about so many events of a day with their connectors' names, in order of their beginning."""
        rng = Random(f"{day}")  # noqa: S311 - the same day each time
        for subscription in self._subscriptions:
            subscription.make.rng = rng
        begin = datetime.combine(day, time_of_day(), tzinfo=UTC)
        made, moments = 0, sorted(_moment(rng) for _ in range(events))
        while made < events:
            subscription = self._subscriptions[_early(rng, len(self._subscriptions), 2)]
            for event in self._happening(subscription, begin + timedelta(seconds=moments[made])):
                yield subscription.connector, event
                made += 1

    def _happening(self, subscription: _Subscription, at: datetime) -> list[Event]:
        make, rng = subscription.make, subscription.make.rng
        draw = rng.random()
        kind, resource = subscription.resources[_early(rng, len(subscription.resources), 3)]
        if draw < 0.16:
            return [_of_the_platform(make, at, resource, self._people[_early(rng, _PEOPLE, 3)])]
        if draw < 0.30:
            return self._deployment(make, at, resource)
        if draw < 0.305:
            assignment = f"providers/Microsoft.Authorization/roleAssignments/{new_id(rng)}"
            admin = replace(self._people[rng.randrange(20)], role="Owner", role_id=OWNER)
            return make.operation(at, Operation("Microsoft.Authorization/roleAssignments/write", assignment), admin)
        name, _, verbs = _TYPES[kind]
        verb = verbs[_early(rng, len(verbs), self._rarity)]
        outcome = "Failed" if rng.random() < 0.03 else "Succeeded"
        what = Operation(f"{name}/{verb}", resource, outcome=outcome, accepted=rng.random() < 0.3)
        return make.operation(at, what, self._somebody(rng, at.date()))

    def _deployment(self, make: EventFactory, at: datetime, resource: str) -> list[Event]:
        rng = make.rng
        group = "/".join(resource.split("/")[:2])
        path = f"{group}/providers/Microsoft.Resources/deployments/release-{rng.getrandbits(40):010x}"
        actor = self._apps[_early(rng, _APPS, 2)]
        return make.operation(at, Operation("Microsoft.Resources/deployments/write", path, accepted=True), actor)

    def _somebody(self, rng: Random, day: date) -> Actor:
        """Return an app or a person; people sit at their office mostly, else at home, or somewhere that day."""
        if rng.random() < 0.55:
            return self._apps[_early(rng, _APPS, 3)]
        person = self._people[_early(rng, _PEOPLE, 3)]
        draw = rng.random()
        if draw < 0.7:
            return person
        host = sum(map(ord, person.name)) + (day.toordinal() * 7_919 if draw >= 0.95 else 0)
        return replace(person, ip=f"100.{64 + host % 64}.{host // 64 % 256}.{host * 7 % 256}")


def _moment(rng: Random) -> float:
    """Draw seconds after midnight: two thirds of the work is done in working hours."""
    return rng.gauss(13 * 3600, 2.5 * 3600) % 86_400 if rng.random() < 0.65 else rng.uniform(0, 86_399)


def _early(rng: Random, length: int, power: int) -> int:
    """Draw a place in a list, the more likely the earlier."""
    return int(length * rng.random() ** power)


def _people(rng: Random) -> list[Actor]:
    names = rng.sample([(first, last) for first in _FIRST.split() for last in _LAST.split()], _PEOPLE)
    return [
        Actor(
            f"{first} {last}",
            f"{first}.{last}@contoso.example".lower(),
            new_id(rng),
            _PORTAL,
            f"203.0.113.{rng.randrange(1, 255)}",
        )
        for first, last in names
    ]


def _app(rng: Random, number: int) -> Actor:
    object_id, app_id = (new_id(rng) for _ in range(2))
    return Actor(f"deploy-{number}", None, object_id, app_id, f"192.0.2.{number + 1}")


def _subscription(rng: Random, tenant: str, connector: str) -> _Subscription:
    make = EventFactory(rng, tenant, new_id(rng))
    resources = [
        _resource(rng, f"resourceGroups/rg-{connector}-{number:02}")
        for number in range(_GROUPS)
        for _ in range(_RESOURCES)
    ]
    rng.shuffle(resources)
    return _Subscription(connector, make, tuple(resources))


def _resource(rng: Random, group: str) -> tuple[int, str]:
    [kind] = rng.choices(range(len(_TYPES)), _SHARES)
    name, short, _ = _TYPES[kind]
    provider, plain = name.split("/")
    return kind, f"{group}/providers/{provider}/{plain}/{short}-{rng.getrandbits(24):06x}"


def _of_the_platform(make: EventFactory, at: datetime, resource: str, actor: Actor) -> Event:
    draw = make.rng.random()
    if draw < 0.6:
        return platform.policy_audit(make, at, resource, actor)
    if draw < 0.8:
        return platform.autoscale(make, at, resource)
    if draw < 0.9:
        return platform.resource_health(make, at, resource)
    if draw < 0.96:
        return platform.alert(make, at, resource)
    return platform.security(make, at) if draw < 0.98 else platform.service_health(make, at)
