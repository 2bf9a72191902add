"""Changing one's own password: only who knows the current one may, so that a session left open gives nothing away."""

from app.errors import InvalidInput, NotFound
from app.security.limits import admit_attempt, forgive_attempts
from app.security.passwords import check_password
from app.security.users import need_password_user, set_password
from app.service import Service
from app.storage.users import get_user


async def change_own_password(service: Service, current: str, new: str) -> None:
    """Give the actor another password; ends all of their sessions, this one too.

    Guesses count as attempts to sign in. Raises InvalidInput (wrong_current_password, weak_password), Retry
    (too_many_attempts), Conflict (signs_in_elsewhere) or NotFound.
    """
    actor = service.actor
    if actor.user_id is None:
        raise NotFound("no_user", f"{actor.name} is no user of AiSOC.", "Name the user.")
    async with service.engine.connect() as connection:
        user = await get_user(connection, actor.user_id)
    need_password_user(user)
    await admit_attempt(service, user.name, actor.ip)
    if not await check_password(user.password, current):
        raise InvalidInput(
            "wrong_current_password", "The current password is wrong.", "Type the one that you signed in with."
        )
    async with service.engine.begin() as connection:
        await forgive_attempts(connection, user.name, actor.ip)
    await set_password(service, user.id, new)
