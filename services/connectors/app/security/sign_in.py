"""Signing in with Entra: begun here, done there, finished here, by the same browser within ten minutes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from app.errors import Denied, Retry
from app.log import get_logger
from app.security.bearer import hash_secret
from app.security.sessions import start_session
from app.security.sign_in_entra import Entra
from app.security.sign_in_people import person_of, user_of
from app.security.sign_in_problems import unknown_sign_in
from app.service import Service
from app.storage.sign_ins import insert_sign_in, take_sign_in

LIFETIME = timedelta(minutes=10)
_PATIENCE_SECONDS = 60
# What of a browser's answer is read.
_ANSWER = ("code", "state", "error", "error_description")
_log = get_logger(__name__)
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Begun:
    """A sign-in under way: where the browser goes, and the mark that it keeps until it comes back."""

    url: str
    mark: str


@dataclass(frozen=True)
class SignedIn:
    """The secret of a new session, and the path that was asked for before."""

    secret: str
    then: str


async def begin_sign_in(service: Service, entra: Entra, redirect_uri: str, then: str) -> Begun:
    """Begin a sign-in. redirect_uri: where Entra sends the browser back to; then: the path to open at the end.

    Raises Abort or Retry when Entra cannot be asked.
    """
    flow = await _in_thread(lambda: entra.begin(redirect_uri))
    state, url = flow.pop("state"), flow.pop("auth_uri")
    now, mark = service.clock.now(), hash_secret(state)
    async with service.engine.begin() as connection:
        await insert_sign_in(connection, mark, {"flow": flow, "then": then}, now, now + LIFETIME)
    return Begun(url, mark.hex())


async def finish_sign_in(
    service: Service, entra: Entra, mark: str | None, answer: Mapping[str, str], *, ip: str | None, agent: str | None
) -> SignedIn:
    """Let in who comes back from Entra. mark: what the browser kept; answer: what Entra gave it.

    Raises Denied (sign_in_unknown, sign_in_declined, not_assigned, no_app_role, user_disabled, id_token_refused …),
    Abort or Retry.
    """
    state = answer.get("state", "")
    if not state or hash_secret(state).hex() != mark:
        raise unknown_sign_in()
    async with service.engine.begin() as connection:
        kept = await take_sign_in(connection, hash_secret(state), service.clock.now())
    if kept is None:
        raise unknown_sign_in()
    told = {name: answer[name] for name in _ANSWER if name in answer}
    flow, now = {**kept["flow"], "state": state}, service.clock.now()
    try:
        claims = await _in_thread(lambda: entra.finish(flow, told, now))
        person = person_of(claims, entra.app.roles)
        async with service.engine.begin() as connection:
            user = await user_of(connection, service, person, ip)
            secret = await start_session(connection, service, user, ip=ip, agent=agent, by="entra")
    except Denied as error:
        _log.warning("sign_in_refused", code=error.code, reason=error.message, ip=ip)
        raise
    return SignedIn(secret, kept["then"])


async def _in_thread(work: Callable[[], _Result]) -> _Result:
    """Do what waits for Entra in a thread, but not for ever: an answer may come byte by byte."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await asyncio.to_thread(work)
    except TimeoutError as error:
        raise Retry(
            "sign_in_unavailable", "Microsoft Entra ID took too long to answer.", "Start again after a minute."
        ) from error
