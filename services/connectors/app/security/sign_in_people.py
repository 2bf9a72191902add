"""Who an id_token names, and which user that is here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Denied, InvalidInput
from app.security.roles import Actor, Role
from app.security.users import check_user_name
from app.service import Service
from app.storage.audit import note_change
from app.storage.users import UserRow, change_user, find_user, find_user_of_subject, hold_users, insert_user


@dataclass(frozen=True)
class Person:
    """Somebody who signed in elsewhere. subject: who that is there for ever; name: what they are called now."""

    subject: str
    name: str
    object_id: str
    role: Role


def person_of(claims: Mapping[str, Any], roles: Mapping[str, Role]) -> Person:
    """Return who verified claims name, with the highest role that their app roles give.

    Raises Denied (no_app_role) when they give none.
    """
    object_id, given = str(claims["oid"]), claims.get("roles")
    name = str(claims.get("preferred_username") or claims.get("name") or object_id)
    found = [roles[role] for role in given if role in roles] if isinstance(given, list) else []
    if not found:
        raise Denied(
            "no_app_role",
            f"{name[:100]} has no role for AiSOC in Microsoft Entra ID.",
            f"Ask who manages it to assign one of {', '.join(roles)}: Entra admin center > Enterprise applications > "
            "the app > Users and groups.",
        )
    role = next(role for role in reversed(Role) if role in found)
    return Person(f"{claims['iss']}|{object_id}", name, object_id, role)


async def user_of(connection: AsyncConnection, service: Service, person: Person, ip: str | None) -> UserRow:
    """Return the user that a person is here, made at the first sign-in, with the name and role that Entra says now.

    Raises Denied (user_disabled).
    """
    await hold_users(connection)
    user = await find_user_of_subject(connection, person.subject)
    if user is not None and not user.enabled:
        raise Denied("user_disabled", f"{user.name} is disabled in AiSOC.", "Ask an admin of AiSOC.")
    now, entra = service.clock.now(), Actor("Entra", Role.ADMIN, "system", ip=ip)
    if user is None:
        name = await _free_name(connection, person)
        user = UserRow(uuid4(), name, person.role, True, now, subject=person.subject)
        await insert_user(connection, user)
        await note_change(connection, entra, now, "user.add", name, {"role": user.role, "signs_in_elsewhere": True})
        return user
    changes: dict[str, Any] = {} if user.role is person.role else {"role": person.role}
    if user.name not in _names(person):
        changes["name"] = await _free_name(connection, person)
    if changes:
        await change_user(connection, user.id, **changes)
        facts = {"before": {name: getattr(user, name) for name in changes}, "after": changes}
        await note_change(connection, entra, now, "user.role" if "role" in changes else "user.name", user.name, facts)
    return replace(user, **changes)


async def _free_name(connection: AsyncConnection, person: Person) -> str:
    """Return the first of a person's names that nobody has: somebody else's user is never taken over."""
    for name in _names(person):
        if await find_user(connection, name) is None:
            return name
    return person.subject[-100:]


def _names(person: Person) -> Iterator[str]:
    """Yield what a person may be called here, the best first."""
    try:
        name = check_user_name(person.name[:80])
    except InvalidInput:
        name = "Entra user"
    else:
        yield name
    yield f"{name} ({person.object_id[:8]})"
    yield person.object_id
