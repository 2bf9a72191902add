"""The people of the tenants, and what app registrations know of them: redirect URIs, assignments, codes given out."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from simulator.signing import SigningKeys

_CODES_KEPT = 10_000


@dataclass(frozen=True)
class User:
    """A user of one tenant; `email` is the user principal name."""

    tenant_id: str
    object_id: str
    name: str
    email: str


@dataclass
class Grant:
    """What an authorization code stands for: who signed in to which app, and how it must be redeemed."""

    client_id: str
    user: User
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    nonce: str | None
    issued: datetime
    redeemed: bool = False


@dataclass
class Registration:
    """What belongs to one app: `roles` are the app roles by the user's object id."""

    redirects: list[str] = field(default_factory=list)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    assignment_required: bool = False

    def accepts(self, uri: str) -> bool:
        """Whether an answer may go there: exactly as registered, but for the port of http://localhost (RFC 8252)."""
        return any(uri == known or _loopback(uri) == _loopback(known) is not None for known in self.redirects)


class Directory:
    """Users by object id, registrations by the app's object id, and codes; a code lives for ten minutes."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.keys = SigningKeys()
        self.code_lifetime = timedelta(minutes=10)
        self._registrations: dict[str, Registration] = {}
        self._codes: OrderedDict[str, Grant] = OrderedDict()

    def registration(self, app_id: str) -> Registration:
        return self._registrations.setdefault(app_id, Registration())

    def users_of(self, tenant: str) -> list[User]:
        return [user for user in self.users.values() if user.tenant_id == tenant]

    def find_user(self, tenant: str, email: str) -> User | None:
        return next((user for user in self.users_of(tenant) if user.email.lower() == email.lower()), None)

    def keep_code(self, code: str, grant: Grant) -> None:
        self._codes[code] = grant
        if len(self._codes) > _CODES_KEPT:
            self._codes.popitem(last=False)

    def find_code(self, code: str) -> Grant | None:
        return self._codes.get(code)


def check_redirect(uri: str) -> str:
    """Return a redirect URI that can be registered: https, or http for localhost. Raises ValueError."""
    parts = urlsplit(uri)
    if parts.fragment or not parts.hostname or not (parts.scheme == "https" or _is_loopback(parts)):
        raise ValueError(f"'{uri}' cannot be registered: https://… without a fragment, or http://localhost…")
    return uri


def _is_loopback(parts: SplitResult) -> bool:
    return parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")


def _loopback(uri: str) -> tuple[str | None, str, str] | None:
    parts = urlsplit(uri)
    return (parts.hostname, parts.path, parts.query) if _is_loopback(parts) else None
