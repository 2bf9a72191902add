"""What is told of users, tokens and sessions to programs; never a secret."""

from typing import Any

from app.clock import iso
from app.storage.sessions import SessionRow
from app.storage.tokens import TokenRow
from app.storage.users import UserRow


def user_facts(user: UserRow) -> dict[str, Any]:
    """Return a user as JSON-ready facts."""
    return {
        "id": str(user.id),
        "name": user.name,
        "role": user.role.value,
        "enabled": user.enabled,
        "signs_in_with": signs_in_with(user),
        "created_at": iso(user.created_at),
        "last_seen_at": iso(user.last_seen_at),
    }


def signs_in_with(user: UserRow) -> str:
    """Return how a user shows who they are: `entra`, `password` or `nothing yet`."""
    if user.subject is not None:
        return "entra"
    return "password" if user.password is not None else "nothing yet"


def token_facts(token: TokenRow) -> dict[str, Any]:
    """Return a token as JSON-ready facts; its role is what it may do now, which its owner's bounds."""
    return {
        "id": str(token.id),
        "user": token.owner,
        "name": token.name,
        "role": token.effective_role.value,
        "created_at": iso(token.created_at),
        "expires_at": iso(token.expires_at),
        "used_at": iso(token.used_at),
    }


def session_facts(session: SessionRow) -> dict[str, Any]:
    """Return a session as JSON-ready facts."""
    return {
        "id": str(session.id),
        "created_at": iso(session.created_at),
        "seen_at": iso(session.seen_at),
        "expires_at": iso(session.expires_at),
        "ip": session.ip,
        "agent": session.agent,
    }
