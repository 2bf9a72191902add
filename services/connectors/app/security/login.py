"""Signing in with name and password."""

import unicodedata

from app.errors import NotSignedIn
from app.log import get_logger
from app.security.limits import admit_attempt, forgive_attempts
from app.security.passwords import check_password, hash_password, is_outdated
from app.security.sessions import start_session
from app.service import Service
from app.storage.users import UserRow, change_user, find_user, get_user

_log = get_logger(__name__)
_LONGEST_NAME = 100


async def log_in(service: Service, name: str, password: str, *, ip: str | None, agent: str | None) -> str:
    """Return the secret of a new session of who that is.

    Raises NotSignedIn (wrong_password), which does not tell whether there is such a user, or Retry
    (too_many_attempts).
    """
    name = unicodedata.normalize("NFC", name.strip())
    await admit_attempt(service, name, ip)
    user = await _user(service, name)
    stored = user.password if user is not None and user.enabled else None
    if not await check_password(stored, password) or user is None or stored is None:
        _log.warning("sign_in_refused", user=None if user is None else user.name, ip=ip)
        raise _wrong()
    fresh = await hash_password(password) if is_outdated(stored) else stored
    async with service.engine.begin() as connection:
        user = await get_user(connection, user.id, to_change=True)
        if user.password != stored or not user.enabled:  # changed while the password was checked
            raise _wrong()
        await forgive_attempts(connection, name, ip)
        await change_user(connection, user.id, password=fresh)
        return await start_session(connection, service, user, ip=ip, agent=agent, by="password")


def _wrong() -> NotSignedIn:
    return NotSignedIn("wrong_password", "Name or password is wrong.", "Check both; an admin can make a new link.")


async def _user(service: Service, name: str) -> UserRow | None:
    if not name.isprintable() or len(name) > _LONGEST_NAME:
        return None
    async with service.engine.connect() as connection:
        return await find_user(connection, name)
