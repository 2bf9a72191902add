"""Users: who may sign in, with which role; what changes them ends their sessions."""

import re
import unicodedata
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, InvalidInput, NotFound
from app.security.passwords import check_new_password, hash_password
from app.security.roles import Role
from app.service import Service
from app.storage import users as store
from app.storage.audit import note_change
from app.storage.links import delete_links_of
from app.storage.sessions import delete_sessions_of
from app.storage.users import UserRow

_LONGEST_NAME = 100


def check_user_name(name: str) -> str:
    """Return a user's name in its composed form. Raises InvalidInput (invalid_user_name)."""
    name = unicodedata.normalize("NFC", name.strip())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable() or re.search(r"\s\s", name):
        raise InvalidInput(
            "invalid_user_name",
            f"{name[:_LONGEST_NAME]!r} cannot be a user's name.",
            f"Use up to {_LONGEST_NAME} characters that can be printed, as alice or alice@contoso.com.",
        )
    return name


async def add_user(
    service: Service, name: str, role: Role, *, password: str | None = None, subject: str | None = None
) -> UserRow:
    """Add a user, who can sign in with the password, by a password link, or as that subject elsewhere.

    Raises InvalidInput (invalid_user_name, weak_password) or Conflict (name_taken).
    """
    service.actor.need(Role.ADMIN)
    name = check_user_name(name)
    hashed = None if password is None else await _hash_new(password, name)
    async with service.engine.begin() as connection:
        row = UserRow(uuid4(), name, role, True, service.clock.now(), subject=subject, password=hashed)
        await store.insert_user(connection, row)
        await _note(connection, service, "add", row, {"role": role, "signs_in_elsewhere": subject is not None})
    return row


async def list_users(service: Service) -> list[UserRow]:
    """Return all users by name."""
    service.actor.need(Role.ADMIN)
    async with service.engine.connect() as connection:
        return await store.list_users(connection)


async def user_named(service: Service, name: str) -> UserRow:
    """Return the user of that name, in any letter case. Raises NotFound (unknown_user)."""
    service.actor.need(Role.ADMIN)
    async with service.engine.connect() as connection:
        found = await store.find_user(connection, name) if name.isprintable() else None
    if found is None:
        raise NotFound("unknown_user", f"There is no user named {name[:_LONGEST_NAME]!r}.", "See aisoc users list.")
    return found


async def change_role(service: Service, user_id: UUID, role: Role) -> UserRow:
    """Give a user another role; ends their sessions. Raises NotFound or Conflict (last_admin)."""
    return await _change(service, user_id, "role", {"role": role})


async def switch_user(service: Service, user_id: UUID, *, enabled: bool) -> UserRow:
    """Let a user in, or no longer: sessions end and tokens stop at once. Raises NotFound or Conflict (last_admin)."""
    return await _change(service, user_id, "enable" if enabled else "disable", {"enabled": enabled})


async def remove_user(service: Service, user_id: UUID) -> None:
    """Remove a user with sessions and tokens. Raises NotFound or Conflict (last_admin)."""
    service.actor.need(Role.ADMIN)
    async with service.engine.begin() as connection:
        await store.hold_users(connection)
        user = await store.get_user(connection, user_id)
        await store.delete_user(connection, user_id)
        await _need_admin(connection, user)
        await _note(connection, service, "remove", user)


async def set_password(service: Service, user_id: UUID, password: str) -> None:
    """Give a user another password; ends their sessions and password links.

    Raises NotFound, InvalidInput (weak_password) or Conflict (signs_in_elsewhere).
    """
    if service.actor.user_id != user_id:
        service.actor.need(Role.ADMIN)
    async with service.engine.connect() as connection:
        user = await store.get_user(connection, user_id)
    need_password_user(user)
    hashed = await _hash_new(password, user.name)
    async with service.engine.begin() as connection:
        await write_password(connection, service, user, hashed)


async def write_password(connection: AsyncConnection, service: Service, user: UserRow, hashed: str) -> None:
    """Store a password's argon2 form; ends the user's sessions and links."""
    await store.change_user(connection, user.id, password=hashed)
    await delete_sessions_of(connection, user.id)
    await delete_links_of(connection, user.id)
    await _note(connection, service, "password", user)


def need_password_user(user: UserRow) -> None:
    """Raise Conflict (signs_in_elsewhere) for a user who has no password here by choice."""
    if user.subject is not None:
        raise Conflict(
            "signs_in_elsewhere",
            f"{user.name} signs in with Entra and has no password here.",
            "Change the password in Entra, or add a user of another name.",
        )


async def _hash_new(password: str, name: str) -> str:
    check_new_password(password, name)
    return await hash_password(password)


async def _change(service: Service, user_id: UUID, what: str, values: dict[str, Any]) -> UserRow:
    """Set columns of a user and end their sessions; with what the user was already nothing happens."""
    service.actor.need(Role.ADMIN)
    async with service.engine.begin() as connection:
        await store.hold_users(connection)
        user = await store.get_user(connection, user_id)
        if all(getattr(user, name) == value for name, value in values.items()):
            return user
        await store.change_user(connection, user_id, **values)
        await _need_admin(connection, user)
        await delete_sessions_of(connection, user_id)
        before = {name: getattr(user, name) for name in values}
        await _note(connection, service, what, user, {"before": before, "after": values})
        return await store.get_user(connection, user_id)


async def _need_admin(connection: AsyncConnection, changed: UserRow) -> None:
    """Raise Conflict (last_admin), which undoes the change, when nobody is left who could change anything."""
    if changed.role is Role.ADMIN and changed.enabled and not await store.count_enabled_admins(connection):
        raise Conflict(
            "last_admin",
            f"{changed.name} is the last enabled admin.",
            "Make somebody else an admin first; else nobody could change anything in the console.",
        )


async def _note(
    connection: AsyncConnection, service: Service, what: str, user: UserRow, facts: dict[str, Any] | None = None
) -> None:
    await note_change(connection, service.actor, service.clock.now(), f"user.{what}", user.name, facts)
