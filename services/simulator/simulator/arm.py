"""Azure Resource Manager: the reads that a Reader of a subscription makes here, and ARM's refusals."""

import re
import uuid
from dataclasses import dataclass

from simulator import faults
from simulator.activity_log import Pages
from simulator.cloud import Cloud, Role, Subscription, Token
from simulator.wire import Ask, Origins, RefusedError, Reply, json_reply

_ONE = r"/subscriptions/(?P<id>[^/]+)"
_KINDS = (
    ("activity", re.compile(_ONE + r"/providers/microsoft\.insights/eventtypes/management/values/?", re.IGNORECASE)),
    ("permissions", re.compile(_ONE + r"/providers/microsoft\.authorization/permissions/?", re.IGNORECASE)),
    ("subscription", re.compile(_ONE + "/?", re.IGNORECASE)),
    ("subscription", re.compile(r"/subscriptions/?(?P<id>)", re.IGNORECASE)),
)
_VERSIONS = {"activity": "2015-04-01", "permissions": "2022-04-01", "subscription": "2022-12-01"}
_ACTIONS = {
    "activity": "microsoft.insights/eventtypes/values/read",
    "permissions": "Microsoft.Authorization/permissions/read",
    "subscription": "Microsoft.Resources/subscriptions/read",
}
_NOT_CONTRIBUTOR = [
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
]
_PERMISSIONS: dict[Role, tuple[list[str], list[str]]] = {
    "Reader": (["*/read"], []),
    "Contributor": (["*"], _NOT_CONTRIBUTOR),
    "Owner": (["*"], []),
}


def kind_of(ask: Ask) -> str:
    return _route(ask.path)[0]


def answer(cloud: Cloud, origins: Origins, ask: Ask, fault: faults.Action | None = None) -> Reply:
    """Answer one request at the resource manager."""
    request_id = cloud.new_id()
    headers = {"x-ms-request-id": request_id, "x-ms-correlation-request-id": request_id, "Cache-Control": "no-cache"}
    try:
        reply = _Request(cloud, origins, ask, headers).answer(fault)
    except RefusedError as refusal:
        reply = refusal.reply()
    return Reply(reply.status, reply.body, {**headers, **reply.headers})


def _route(path: str) -> tuple[str, str]:
    """Kind of a path and the subscription in it, "" for none."""
    for kind, pattern in _KINDS:
        if parts := pattern.fullmatch(path):
            return kind, parts["id"]
    return "other", ""


@dataclass
class _Request:
    """One request on its way through ARM's checks; `headers` go on the answer, whichever it is."""

    cloud: Cloud
    origins: Origins
    ask: Ask
    headers: dict[str, str]

    def answer(self, fault: faults.Action | None) -> Reply:
        kind, subscription_id = _route(self.ask.path)
        if kind == "other":
            raise RefusedError(404, "NotFound", f"No resource is served at '{self.ask.path}'.")
        if self.ask.method != "GET":
            raise RefusedError(405, "MethodNotAllowed", f"The method '{self.ask.method}' is not allowed here.")
        _check_id(subscription_id)
        token = self._authenticated(subscription_id, fault)
        _check_version(self.ask, _VERSIONS[kind])
        if not subscription_id:
            self._throttled(token, f"tenant {token.app.tenant_id}", "tenant")
            return self._subscriptions(token)
        subscription = self._subscription(subscription_id, token)
        self._throttled(token, subscription_id.lower(), "subscription")
        roles = self._roles(subscription, token, _ACTIONS[kind])
        page = fault if isinstance(fault, faults.Page) else None
        return self._read(kind, subscription, roles, page)

    def _read(self, kind: str, subscription: Subscription, roles: list[Role], page: faults.Page | None) -> Reply:
        if kind == "permissions":
            return json_reply(200, {"value": [_permission(role) for role in roles]})
        if kind == "subscription":
            return json_reply(200, _described(subscription))
        pages = Pages(subscription.log, self.cloud.paging, self.cloud.rng, self.cloud.clock())
        return pages.answer(self.ask, self.origins.resource_manager, page, self.origins.elsewhere)

    def _authenticated(self, subscription_id: str, fault: faults.Action | None) -> Token:
        scheme, _, bearer = self.ask.headers.get("Authorization", "").partition(" ")
        if not bearer:
            raise self._unauthorized(subscription_id, "InvalidAuthenticationToken", _MISSING)
        if isinstance(fault, faults.ExpireToken):
            self.cloud.expire_token(bearer)
        token = self.cloud.find_token(bearer) if scheme.lower() == "bearer" else None
        if token is None:
            raise self._unauthorized(subscription_id, "InvalidAuthenticationToken", "The access token is invalid.")
        now = self.cloud.clock()
        if token.expires <= now:
            message = (
                f"The access token expiry UTC time '{token.expires:%m/%d/%Y %H:%M:%S}' is earlier than current UTC "
                f"time '{now:%m/%d/%Y %H:%M:%S}'."
            )
            raise self._unauthorized(subscription_id, "ExpiredAuthenticationToken", message)
        if token.audience != self.origins.resource_manager:
            message = (
                "The access token has been obtained for wrong audience or resource "
                f"'{token.audience}'. It should exactly match with one of the allowed audiences "
                f"'{self.origins.resource_manager}'."
            )
            raise self._unauthorized(subscription_id, "InvalidAuthenticationToken", message)
        return token

    def _unauthorized(self, subscription_id: str, code: str, message: str) -> RefusedError:
        known = self.cloud.subscriptions.get(subscription_id.lower())
        issuer = f"{self.origins.authority}/{known.tenant_id if known else 'common'}"
        error = f'error="invalid_token", error_description="{message}"'
        return RefusedError(401, code, message, {"WWW-Authenticate": f'Bearer authorization_uri="{issuer}", {error}'})

    def _subscription(self, subscription_id: str, token: Token) -> Subscription:
        found = self.cloud.subscriptions.get(subscription_id.lower())
        if found is None:
            message = f"The subscription '{subscription_id}' could not be found."
            raise RefusedError(404, "SubscriptionNotFound", message)
        if found.tenant_id != token.app.tenant_id:
            message = (
                f"The access token is from the wrong issuer '{self._issuer(token.app.tenant_id)}'. It must match the "
                f"tenant '{self._issuer(found.tenant_id)}' associated with this subscription. Please use the authority "
                f"(URL) '{self.origins.authority}/{found.tenant_id}' to get the token. Note, if the subscription is "
                "transferred to another tenant there is no impact to the services, but information about new tenant "
                "could take time to propagate (up to an hour)."
            )
            raise self._unauthorized(subscription_id, "InvalidAuthenticationTokenTenant", message)
        return found

    def _issuer(self, tenant: str) -> str:
        return f"{self.origins.authority}/{tenant}/"

    def _throttled(self, token: Token, scope: str, word: str) -> None:
        verdict = self.cloud.throttle.spend(scope, token.app.object_id, self.cloud.clock())
        self.headers[f"x-ms-ratelimit-remaining-{word}-reads"] = str(verdict.remaining)
        if verdict.retry_after is not None:
            message = (
                f"Number of 'read' requests for {word} '{scope.removeprefix('tenant ')}' actor '{token.app.object_id}' "
                f"exceeded. Please try again after '{verdict.retry_after}' seconds."
            )
            code = f"{word.capitalize()}RequestsThrottled"
            raise RefusedError(429, code, message, {"Retry-After": str(verdict.retry_after)})

    def _roles(self, subscription: Subscription, token: Token, action: str) -> list[Role]:
        roles = subscription.roles.get(token.app.object_id, [])
        if not roles:
            message = (
                f"The client '{token.app.client_id}' with object id '{token.app.object_id}' does not have "
                f"authorization to perform action '{action}' over scope "
                f"'/subscriptions/{subscription.subscription_id}' or the scope is invalid. If access was "
                "recently granted, please refresh your credentials."
            )
            raise RefusedError(403, "AuthorizationFailed", message)
        return roles

    def _subscriptions(self, token: Token) -> Reply:
        """List what the caller can see: those of its tenant where it has a role."""
        seen = [
            _described(subscription)
            for subscription in self.cloud.subscriptions.values()
            if subscription.tenant_id == token.app.tenant_id and subscription.roles.get(token.app.object_id)
        ]
        return json_reply(200, {"value": seen, "count": {"type": "Total", "value": len(seen)}})


_MISSING = "Authentication failed. The 'Authorization' header is missing or has no token."


def _check_id(subscription_id: str) -> None:
    if not subscription_id:
        return
    try:
        well_formed = str(uuid.UUID(subscription_id)) == subscription_id.lower()
    except ValueError:
        well_formed = False
    if not well_formed:
        message = f"The provided subscription identifier '{subscription_id}' is malformed or invalid."
        raise RefusedError(400, "InvalidSubscriptionId", message)


def _check_version(ask: Ask, documented: str) -> None:
    version = ask.options.get("api-version")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise RefusedError(400, "MissingApiVersionParameter", message)
    if version.lower() != documented:
        message = f"The api-version '{version}' is invalid. The supported versions are '{documented}'."
        raise RefusedError(400, "InvalidApiVersionParameter", message)


def _described(subscription: Subscription) -> dict[str, object]:
    return {
        "id": f"/subscriptions/{subscription.subscription_id}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.subscription_id,
        "tenantId": subscription.tenant_id,
        "displayName": subscription.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _permission(role: Role) -> dict[str, list[str]]:
    actions, not_actions = _PERMISSIONS[role]
    return {"actions": actions, "notActions": not_actions, "dataActions": [], "notDataActions": []}
