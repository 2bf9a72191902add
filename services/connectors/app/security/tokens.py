"""API tokens: made by users for programs, shown once, never mightier than their owner."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

from app.errors import Conflict, Denied, InvalidInput, NotFound
from app.security.bearer import hash_secret, make_secret
from app.security.roles import Actor, Role
from app.service import Service
from app.storage import tokens as store
from app.storage.audit import note_change
from app.storage.tokens import TokenRow
from app.storage.users import get_user

_PREFIX = "aisoc_"
_FORM = re.compile(r"aisoc_[A-Za-z0-9_-]{43}")
DEFAULT_DAYS = 90
MOST_DAYS = 365
_MOST_TOKENS = 100
_LONGEST_NAME = 100
# That a token was used is written at most so often.
_USED_EACH = timedelta(minutes=1)


async def create_token(
    service: Service, name: str, role: Role, *, days: int = DEFAULT_DAYS, user_id: UUID | None = None
) -> tuple[TokenRow, str]:
    """Make a token; returns it with its secret, which nobody can be shown again.

    user_id: whose, by default the actor's own; another's only by an admin. Raises InvalidInput (invalid_token_name,
    invalid_token_days), Denied (role_needed: the role is more than the owner's or the actor's; or a token that is no
    admin's asks for another) or Conflict (name_taken, too_many_tokens).
    """
    owner_id = _owner(service, user_id)
    if service.actor.via == "api":
        service.actor.need(Role.ADMIN)  # else a stolen token could outlive its end
    service.actor.need(role)
    _check(name, days)
    now, secret = service.clock.now(), _PREFIX + make_secret()
    async with service.engine.begin() as connection:
        owner = await get_user(connection, owner_id, to_change=True)
        Actor(owner.name, owner.role, service.actor.via).need(role)
        if await store.count_tokens(connection, owner_id) >= _MOST_TOKENS:
            raise Conflict(
                "too_many_tokens", f"{owner.name} has {_MOST_TOKENS} tokens.", "Revoke those that are not used."
            )
        expires_at = now + timedelta(days=days)
        row = TokenRow(
            uuid4(), hash_secret(secret), owner.id, name, role, now, expires_at, None, owner.name, owner.role
        )
        await store.insert_token(connection, row)
        facts = {"user": owner.name, "role": role, "expires_at": expires_at.isoformat()}
        await note_change(connection, service.actor, now, "token.create", name, facts)
    return row, secret


async def find_token(service: Service, secret: str, ip: str | None) -> Actor | None:
    """Return who asks with a token, with what both it and its owner may; None when it does not let in (any more)."""
    if not _FORM.fullmatch(secret):
        return None
    now = service.clock.now()
    async with service.engine.connect() as connection:
        found = await store.find_token(connection, hash_secret(secret), now)
    if found is None:
        return None
    if found.used_at is None or now - found.used_at >= _USED_EACH:
        async with service.engine.begin() as connection:
            await store.mark_token_used(connection, found.id, now)
    return Actor(found.owner, found.effective_role, "api", found.user_id, ip)


async def list_tokens(service: Service, *, everybodys: bool = False) -> list[TokenRow]:
    """Return the actor's tokens, or everybody's to an admin; expired ones too."""
    if everybodys:
        service.actor.need(Role.ADMIN)
    async with service.engine.connect() as connection:
        return await store.list_tokens(connection, None if everybodys else _owner(service, None))


async def revoke_token(service: Service, token_id: UUID) -> None:
    """Remove a token of the actor's own, or anybody's by an admin; it stops at once.

    Raises NotFound (unknown_token), for another's token too: whether there is one is theirs to know.
    """
    async with service.engine.begin() as connection:
        token = await store.get_token(connection, token_id)
        admin = service.actor.role.covers(Role.ADMIN)
        if token is None or not (admin or token.user_id == service.actor.user_id):
            raise NotFound("unknown_token", "There is no such token.", "It may be revoked already.")
        await store.delete_token(connection, token_id)
        now, facts = service.clock.now(), {"user": token.owner}
        await note_change(connection, service.actor, now, "token.revoke", token.name, facts)


def _owner(service: Service, user_id: UUID | None) -> UUID:
    """Return whose token it is to be. Raises Denied for another's, unless an admin asks."""
    if user_id is not None and user_id != service.actor.user_id:
        service.actor.need(Role.ADMIN)
        return user_id
    if service.actor.user_id is None:
        raise Denied("no_user", f"{service.actor.name} is no user of AiSOC and has no tokens.", "Name the user.")
    return service.actor.user_id


def _check(name: str, days: int) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            "invalid_token_name",
            f"{name[:_LONGEST_NAME]!r} cannot be a token's name.",
            f"Say in up to {_LONGEST_NAME} characters what it is for, as: nightly report.",
        )
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(
            "invalid_token_days", f"A token cannot be for {days} days.", f"Choose 1 to {MOST_DAYS} days."
        )
