"""One-time links: to make the first admin, and to choose a password."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.security.bearer import hash_secret, make_secret
from app.security.passwords import check_new_password, hash_password
from app.security.roles import Actor, Role
from app.security.sessions import start_session
from app.security.users import check_user_name, need_password_user, write_password
from app.service import Service
from app.storage import links as store
from app.storage import users
from app.storage.audit import note_change
from app.storage.users import UserRow

SET_UP_HOURS = 24
PASSWORD_HOURS = 72


async def make_set_up_link(service: Service) -> str | None:
    """Return the secret of a new set-up link, or None when there are users already."""
    now, secret = service.clock.now(), make_secret()
    async with service.engine.begin() as connection:
        if await users.any_user(connection):
            return None
        await store.delete_expired_links(connection, now)
        await store.insert_link(connection, hash_secret(secret), None, now + timedelta(hours=SET_UP_HOURS))
    return secret


async def make_password_link(service: Service, user_id: UUID) -> str:
    """Return the secret of a new link with which a user chooses a password; their former links end.

    Raises NotFound or Conflict (signs_in_elsewhere).
    """
    service.actor.need(Role.ADMIN)
    now, secret = service.clock.now(), make_secret()
    async with service.engine.begin() as connection:
        user = await users.get_user(connection, user_id, to_change=True)
        need_password_user(user)
        await store.delete_links_of(connection, user_id)
        await store.delete_expired_links(connection, now)
        await store.insert_link(connection, hash_secret(secret), user_id, now + timedelta(hours=PASSWORD_HOURS))
        await note_change(connection, service.actor, now, "user.password_link", user.name)
    return secret


async def whose_link(service: Service, secret: str) -> UserRow | None:
    """Return whose password a link sets, or None for a set-up link. Raises NotFound (link_invalid)."""
    async with service.engine.connect() as connection:
        return await _open(connection, service, secret)


async def set_up(service: Service, secret: str, name: str, password: str, *, ip: str | None, agent: str | None) -> str:
    """Make the first admin by a set-up link and sign them in; returns their session's secret.

    Raises NotFound (link_invalid) or InvalidInput (invalid_user_name, weak_password), after which the link still works.
    """
    name = check_user_name(name)
    check_new_password(password, name)
    await whose_link(service, secret)  # before the work of hashing
    hashed, now = await hash_password(password), service.clock.now()
    async with service.engine.begin() as connection:
        await users.hold_users(connection)
        if await _open(connection, service, secret) is not None:
            raise _invalid()
        await store.delete_links_of(connection, None)
        user = UserRow(uuid4(), name, Role.ADMIN, True, now, password=hashed)
        await users.insert_user(connection, user)
        actor = Actor(name, Role.ADMIN, "console", user.id, ip)
        await note_change(connection, actor, now, "user.set_up", name, {"role": Role.ADMIN})
        return await start_session(connection, service, user, ip=ip, agent=agent, by="link")


async def choose_password(service: Service, secret: str, password: str, *, ip: str | None, agent: str | None) -> str:
    """Set a user's password by their link and sign them in; returns their session's secret.

    Raises NotFound (link_invalid) or InvalidInput (weak_password), after which the link still works.
    """
    user = await whose_link(service, secret)
    if user is None:
        raise _invalid()
    check_new_password(password, user.name)
    hashed = await hash_password(password)
    async with service.engine.begin() as connection:
        await users.get_user(connection, user.id, to_change=True)
        user = await _open(connection, service, secret)
        if user is None:
            raise _invalid()
        theirs = service.acting_as(Actor(user.name, user.role, "console", user.id, ip))
        await write_password(connection, theirs, user, hashed)
        return await start_session(connection, service, user, ip=ip, agent=agent, by="link")


async def _open(connection: AsyncConnection, service: Service, secret: str) -> UserRow | None:
    """Return whose link that is, None for a set-up link. Raises NotFound (link_invalid)."""
    link = await store.find_link(connection, hash_secret(secret), service.clock.now())
    if link is None:
        raise _invalid()
    if link.user_id is None:
        if await users.any_user(connection):
            raise _invalid()
        return None
    user = await users.get_user(connection, link.user_id)
    if not user.enabled:
        raise _invalid()
    return user


def _invalid() -> NotFound:
    return NotFound(
        "link_invalid",
        "This link does not work: it was used, has expired, or a newer one was made.",
        "Ask an admin for a new one, or type where AiSOC runs: aisoc users password NAME. A set-up link is printed "
        "each time that aisoc serve starts, until there is a user.",
    )
