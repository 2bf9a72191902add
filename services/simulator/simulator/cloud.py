"""The engine of the simulated cloud: who exists, who may read what, and what happened. No network here."""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from simulator import ticks
from simulator.activity_log import Paging, shown
from simulator.activity_query import Query
from simulator.chance import seeded
from simulator.directory import Directory, User, check_redirect
from simulator.event_log import EventLog, Rendered, rendered
from simulator.faults import Faults
from simulator.journal import Journal
from simulator.throttle import Throttle

Role = Literal["Reader", "Contributor", "Owner"]
_TOKENS_KEPT = 10_000


@dataclass(frozen=True)
class App:
    """An app registration with its service principal; `secret` is its first secret."""

    tenant_id: str
    client_id: str
    object_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Token:
    app: App
    audience: str
    expires: datetime


@dataclass
class Subscription:
    subscription_id: str
    tenant_id: str
    name: str
    log: EventLog = field(default_factory=EventLog)
    roles: dict[str, list[Role]] = field(default_factory=dict)
    """Roles by the principal's object id."""


class Cloud:
    """Tenants, apps, subscriptions, grants and events. Safe to use from several threads.

    `clock` gives aware UTC times; `seed` fixes every generated id and every choice of the paging.
    """

    def __init__(self, clock: ticks.Clock = ticks.utcnow, seed: int = 0) -> None:
        self.clock = clock
        self.rng = seeded(seed)
        self.lock = threading.RLock()
        self.faults = Faults()
        self.journal = Journal()
        self.throttle = Throttle()
        self.paging = Paging()
        self.directory = Directory()
        self.token_lifetime = timedelta(seconds=3599)
        self.tenants: set[str] = set()
        self.subscriptions: dict[str, Subscription] = {}
        self._apps: dict[tuple[str, str], App] = {}
        self._secrets: dict[str, dict[str, datetime | None]] = {}
        self._tokens: OrderedDict[str, Token] = OrderedDict()

    def add_tenant(self, tenant_id: str | None = None) -> str:
        """Make a directory; its GUID is generated when None."""
        with self.lock:
            tenant = (tenant_id or self.new_id()).lower()
            self.tenants.add(tenant)
            return tenant

    def add_app(
        self,
        tenant: str,
        client_id: str | None = None,
        secret: str = "lab-secret-not-real",  # noqa: S107 - opens a simulator only
        secret_expires: datetime | None = None,
    ) -> App:
        """Register an app in a tenant, with one secret that is valid for ever unless it expires."""
        with self.lock:
            app = App(tenant.lower(), (client_id or self.new_id()).lower(), self.new_id(), secret)
            self._apps[app.tenant_id, app.client_id] = app
            self.add_secret(app, secret, secret_expires)
            return app

    def add_secret(self, app: App, secret: str, expires: datetime | None = None) -> None:
        """Add one more secret beside those the app has; the same text again changes its expiry."""
        with self.lock:
            self._secrets.setdefault(app.object_id, {})[secret] = expires

    def add_user(self, tenant: str, name: str, email: str) -> User:
        """Add a person who can sign in to the tenant's apps."""
        with self.lock:
            user = User(tenant.lower(), self.new_id(), name, email)
            self.directory.users[user.object_id] = user
            return user

    def register_redirect(self, app: App, uri: str) -> None:
        """Let sign-ins to an app end at an address. Raises ValueError for one that Entra does not take."""
        with self.lock:
            self.directory.registration(app.object_id).redirects.append(check_redirect(uri))

    def assign(self, user: User, app: App, roles: Iterable[str]) -> None:
        """Assign a user to an app with app roles, instead of those before; none takes the assignment away."""
        with self.lock:
            given = tuple(roles)
            known = self.directory.registration(app.object_id).roles
            known.pop(user.object_id, None)
            if given:
                known[user.object_id] = given

    def require_assignment(self, app: App) -> None:
        """Let nobody sign in to an app who is not assigned to it."""
        with self.lock:
            self.directory.registration(app.object_id).assignment_required = True

    def add_subscription(
        self, tenant: str, subscription_id: str | None = None, name: str = "Contoso Production"
    ) -> str:
        """Make a subscription of a tenant and return its GUID, which is generated when None."""
        with self.lock:
            subscription = (subscription_id or self.new_id()).lower()
            self.subscriptions[subscription] = Subscription(subscription, tenant.lower(), name)
            return subscription

    def grant(self, app: App, subscription: str, role: Role) -> None:
        with self.lock:
            roles = self.subscriptions[subscription.lower()].roles.setdefault(app.object_id, [])
            if role not in roles:
                roles.append(role)

    def revoke(self, app: App, subscription: str) -> None:
        """Take away all roles that the app has on the subscription."""
        with self.lock:
            self.subscriptions[subscription.lower()].roles.pop(app.object_id, None)

    def publish(self, subscription: str, events: Iterable[Mapping[str, Any] | Rendered]) -> None:
        """Log events in the REST shape, or already rendered ones; each shows from its submissionTimestamp."""
        ready = [event if isinstance(event, Rendered) else rendered(event) for event in events]
        with self.lock:
            self.subscriptions[subscription.lower()].log.add(ready)

    def visible(
        self, subscription: str, since: datetime, until: datetime | None = None, now: datetime | None = None
    ) -> list[str]:
        """List ids (eventDataId) that the cloud shows at `now`, newest first, both ends included: the tests' oracle."""
        query = Query(ticks.from_datetime(since))
        if until is not None:
            query = Query(query.since, ticks.from_datetime(until))
        with self.lock:
            log = self.subscriptions[subscription.lower()].log
            return [entry.event.event_id for entry in shown(log, query, query.start, now or self.clock())]

    def new_id(self) -> str:
        """Make a GUID from the seed."""
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    @property
    def apps(self) -> list[App]:
        return list(self._apps.values())

    def find_app(self, tenant: str, client_id: str) -> App | None:
        return self._apps.get((tenant.lower(), client_id.lower()))

    def check_secret(self, app: App, secret: str) -> Literal["valid", "wrong", "expired"]:
        known = self._secrets[app.object_id]
        if secret not in known:
            return "wrong"
        expires = known[secret]
        return "valid" if expires is None or self.clock() < expires else "expired"

    def issue_token(self, app: App, audience: str) -> str:
        """Make an opaque bearer token, valid for `token_lifetime`."""
        token = f"lab.{self.rng.getrandbits(256):064x}"
        self._tokens[token] = Token(app, audience, self.clock() + self.token_lifetime)
        if len(self._tokens) > _TOKENS_KEPT:
            self._tokens.popitem(last=False)
        return token

    def find_token(self, token: str) -> Token | None:
        return self._tokens.get(token)

    def expire_token(self, token: str) -> None:
        """Let a token that was issued expire now; an unknown one is left alone."""
        with self.lock:
            known = self._tokens.get(token)
            if known is not None:
                self._tokens[token] = Token(known.app, known.audience, self.clock())
