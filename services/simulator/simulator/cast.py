"""Who acts in the simulated subscriptions: invented people and apps, with the claims that their tokens carry."""

import uuid
from dataclasses import dataclass
from random import Random

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
"""Ids of built-in roles, the same in every tenant."""

_IDENTITY = "http://schemas.microsoft.com/identity/claims"
_SOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"


@dataclass(frozen=True)
class Actor:
    """A person (with `upn`) or an app (upn None); `ip` is the address that its requests come from (RFC 5737)."""

    name: str
    upn: str | None
    object_id: str
    app_id: str
    ip: str
    role: str = "Contributor"
    role_id: str = CONTRIBUTOR

    @property
    def caller(self) -> str:
        """What an event's `caller` holds: the UPN of a person, the object id of an app."""
        return self.upn or self.object_id

    @property
    def principal_type(self) -> str:
        return "User" if self.upn else "ServicePrincipal"


@dataclass(frozen=True)
class Cast:
    """The people and apps of one tenant."""

    admin: Actor
    staff: tuple[Actor, ...]
    pipeline: Actor
    intruder: Actor

    @property
    def everyone(self) -> tuple[Actor, ...]:
        return (self.admin, *self.staff, self.pipeline)


def cast(rng: Random) -> Cast:
    """Draw a cast, with ids from `rng`."""
    return Cast(
        admin=_person(rng, "Megan Okafor", "203.0.113.10", "Owner", OWNER),
        staff=(
            _person(rng, "Anton Lindqvist", "203.0.113.24"),
            _person(rng, "Priya Raman", "203.0.113.57"),
            _person(rng, "Tomas Vesely", "203.0.113.91"),
        ),
        pipeline=Actor("fabrikam-deploy", None, new_id(rng), new_id(rng), "192.0.2.40"),
        intruder=_person(rng, "Dana Whitfield", "198.51.100.77", "Reader", READER),
    )


def new_id(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def claims(actor: Actor, tenant: str, issued: int) -> dict[str, str]:
    """Claims of an actor's token as the log shows them; `issued` is Unix time."""
    common = {
        "aud": "https://management.core.windows.net/",
        "iss": f"https://sts.windows.net/{tenant}/",
        "iat": str(issued),
        "nbf": str(issued),
        "exp": str(issued + 4_500),
        "appid": actor.app_id,
        "appidacr": "2",
        "ipaddr": actor.ip,
        f"{_IDENTITY}/tenantid": tenant,
        f"{_IDENTITY}/objectidentifier": actor.object_id,
        "uti": actor.object_id.replace("-", "")[:22],
        "ver": "1.0",
    }
    return common | (_of_person(actor, actor.upn) if actor.upn else _of_app(actor, tenant))


def _of_person(actor: Actor, upn: str) -> dict[str, str]:
    given, _, family = actor.name.partition(" ")
    return {
        "name": actor.name,
        "idtyp": "user",
        "puid": f"1003200{actor.object_id[:9].replace('-', '').upper()}",
        "groups": f"{actor.object_id[::-1][:8]}-0000-4000-8000-{actor.object_id[-12:]}",
        "http://schemas.microsoft.com/claims/authnclassreference": "1",
        "http://schemas.microsoft.com/claims/authnmethodsreferences": "pwd,mfa",
        f"{_IDENTITY}/scope": "user_impersonation",
        f"{_SOAP}/givenname": given,
        f"{_SOAP}/surname": family,
        f"{_SOAP}/name": upn,
        f"{_SOAP}/upn": upn,
        f"{_SOAP}/nameidentifier": actor.object_id.replace("-", "")[::-1],
        "wids": "b79fbf4d-3ef9-4689-8143-76b194e85509",
    }


def _of_app(actor: Actor, tenant: str) -> dict[str, str]:
    return {
        "idtyp": "app",
        f"{_IDENTITY}/identityprovider": f"https://sts.windows.net/{tenant}/",
        f"{_SOAP}/nameidentifier": actor.object_id,
    }


def _person(rng: Random, name: str, ip: str, role: str = "Contributor", role_id: str = CONTRIBUTOR) -> Actor:
    upn = f"{name.lower().replace(' ', '.')}@contoso.example"
    return Actor(name, upn, new_id(rng), _PORTAL, ip, role, role_id)
