"""Sessions of browsers: begun at each sign-in, ended by time, by silence or by somebody."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.security.bearer import hash_secret, make_secret
from app.security.roles import Actor, Via
from app.service import Service
from app.storage import sessions as store
from app.storage.audit import note_change
from app.storage.sessions import SessionRow
from app.storage.users import UserRow, change_user

_IDLE = timedelta(hours=2)
# That somebody was here is written at most so often.
_SEEN_EACH = timedelta(minutes=1)
_LONGEST_AGENT = 200


async def start_session(
    connection: AsyncConnection, service: Service, user: UserRow, *, ip: str | None, agent: str | None, by: str
) -> str:
    """Begin a session of somebody who has shown who they are; returns its secret, for the cookie.

    by: how they showed it, for the audit log: `password`, `link`, `entra`.
    """
    now, secret = service.clock.now(), make_secret()
    await store.delete_expired_sessions(connection, now, now - _IDLE)
    expires_at = now + timedelta(hours=service.settings.session_hours)
    shown = None if agent is None else agent[:_LONGEST_AGENT]
    row = SessionRow(uuid4(), hash_secret(secret), user.id, now, now, expires_at, ip, shown)
    await store.insert_session(connection, row)
    await change_user(connection, user.id, last_seen_at=now)
    actor = Actor(user.name, user.role, "console", user.id, ip)
    await note_change(connection, actor, now, "session.start", user.name, {"by": by})
    return secret


async def find_session(service: Service, secret: str, ip: str | None, via: Via = "console") -> Actor | None:
    """Return who is in by a session's secret, as their rights are now; None when it does not let in (any more)."""
    now = service.clock.now()
    async with service.engine.connect() as connection:
        found = await store.find_session_user(connection, hash_secret(secret), now, now - _IDLE)
    if found is None:
        return None
    if now - found.seen_at >= _SEEN_EACH:
        async with service.engine.begin() as connection:
            await store.mark_session_seen(connection, found, now)
    return Actor(found.name, found.role, via, found.user_id, ip)


async def end_session(service: Service, secret: str, ip: str | None) -> None:
    """Sign out: the session of that secret lets nobody in any more."""
    actor = await find_session(service, secret, ip)
    async with service.engine.begin() as connection:
        await store.delete_session(connection, hash_secret(secret))
        if actor is not None:
            await note_change(connection, actor, service.clock.now(), "session.end", actor.name)


async def list_own_sessions(service: Service) -> list[SessionRow]:
    """Return the actor's sessions, the latest first."""
    now = service.clock.now()
    async with service.engine.connect() as connection:
        return await store.list_sessions(connection, _own_id(service), now, now - _IDLE)


async def end_own_session(service: Service, session_id: UUID) -> None:
    """End one of the actor's sessions. Raises NotFound (unknown_session)."""
    async with service.engine.begin() as connection:
        if not await store.delete_session_of(connection, _own_id(service), session_id):
            raise NotFound("unknown_session", "There is no such session of yours.", "It may have ended already.")
        await note_change(connection, service.actor, service.clock.now(), "session.end", service.actor.name)


async def end_own_sessions(service: Service, but: str | None = None) -> int:
    """End all of the actor's sessions, but the one of that secret; returns how many."""
    kept = None if but is None else hash_secret(but)
    async with service.engine.begin() as connection:
        ended = await store.delete_sessions_of(connection, _own_id(service), kept)
        facts = {"sessions": ended}
        await note_change(connection, service.actor, service.clock.now(), "session.end", service.actor.name, facts)
    return ended


def _own_id(service: Service) -> UUID:
    """Return who acts, as a user. Raises NotFound (no_user) for the command line, which is nobody of the users."""
    if service.actor.user_id is None:
        raise NotFound("no_user", f"{service.actor.name} is no user of AiSOC.", "Name the user.")
    return service.actor.user_id
