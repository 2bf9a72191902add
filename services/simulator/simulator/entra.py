"""The Microsoft identity platform's endpoints: the OpenID configuration and tokens for client credentials.

Source: "Microsoft identity platform and the OAuth 2.0 client credentials flow" and "Microsoft Entra authentication and
authorization error codes".
"""

import re
from datetime import datetime

from simulator import faults
from simulator.cloud import App, Cloud
from simulator.wire import Ask, Origins, Reply, json_reply

_TOKEN = re.compile(r"/(?P<tenant>[^/]+)/oauth2/v2\.0/token", re.IGNORECASE)
_OPENID = re.compile(r"/(?P<tenant>[^/]+)/v2\.0/\.well-known/openid-configuration", re.IGNORECASE)
_NUMBERED = re.compile(r"AADSTS(\d+): (.*)")
_SUFFIX = "/.default"


class DeniedError(Exception):
    """An error of the token endpoint: status, OAuth `error` and AADSTS number."""

    def __init__(self, status: int, error: str, number: int, text: str) -> None:
        super().__init__(text)
        self.status, self.error, self.number, self.text = status, error, number, text


def kind_of(ask: Ask) -> str:
    if _TOKEN.fullmatch(ask.path):
        return "token"
    return "openid" if _OPENID.fullmatch(ask.path) else "other"


def answer(cloud: Cloud, origins: Origins, ask: Ask) -> Reply:
    """Answer one request at the authority."""
    try:
        if parts := _TOKEN.fullmatch(ask.path):
            return _token(cloud, parts["tenant"], ask)
        if parts := _OPENID.fullmatch(ask.path):
            return _openid(cloud, parts["tenant"], origins.authority)
    except DeniedError as denied:
        return _error(cloud, origins, ask, denied)
    return Reply(404, b"", content_type="text/html")


def refuse(cloud: Cloud, origins: Origins, ask: Ask, fault: faults.Answer) -> Reply:
    """Answer an injected error in this endpoint's body shape; its `code` is the OAuth `error`.

    A message that begins with `AADSTS` and a number names its error code; others are 90033, a transient error.
    """
    transient = fault.status >= 500 or fault.status in (408, 429)
    error = "temporarily_unavailable" if transient and fault.code[:1].isupper() else fault.code
    told = _NUMBERED.fullmatch(fault.message)
    number, text = (int(told[1]), told[2]) if told else (90033, fault.message)
    reply = _error(cloud, origins, ask, DeniedError(fault.status, error, number, text))
    return Reply(reply.status, reply.body, {**reply.headers, **fault.headers})


def _openid(cloud: Cloud, tenant: str, authority: str) -> Reply:
    _known_tenant(cloud, tenant)
    base = f"{authority}/{tenant}"
    return json_reply(
        200,
        {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        },
    )


def _token(cloud: Cloud, tenant: str, ask: Ask) -> Reply:
    if ask.method != "POST":
        text = "Endpoint only accepts POST requests. Received a GET request."
        raise DeniedError(400, "invalid_request", 900561, text)
    _known_tenant(cloud, tenant)
    form = ask.form
    if _required(form, "grant_type") != "client_credentials":
        text = "The provided grant_type is not supported here: client_credentials only."
        raise DeniedError(400, "unsupported_grant_type", 70003, text)
    app = _app(cloud, tenant, _required(form, "client_id"))
    _check_secret(cloud, app, form)
    audience = _audience(_required(form, "scope"))
    lifetime = int(cloud.token_lifetime.total_seconds())
    body = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime}
    headers = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}
    return json_reply(200, {**body, "access_token": cloud.issue_token(app, audience)}, headers)


def _known_tenant(cloud: Cloud, tenant: str) -> None:
    # The error was invalid_request until 2023.
    if tenant.lower() not in cloud.tenants:
        text = (
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud. Check with your subscription administrator, this may happen if there are no active "
            "subscriptions for the tenant."
        )
        raise DeniedError(400, "invalid_tenant", 90002, text)


def _required(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        text = f"The request body must contain the following parameter: '{name}'."
        raise DeniedError(400, "invalid_request", 900144, text)
    return form[name]


def _app(cloud: Cloud, tenant: str, client_id: str) -> App:
    app = cloud.find_app(tenant, client_id)
    if app is None:
        text = (
            f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if "
            "the application has not been installed by the administrator of the tenant or consented to by any user in "
            "the tenant. You may have sent your authentication request to the wrong tenant."
        )
        raise DeniedError(400, "unauthorized_client", 700016, text)
    return app


def _check_secret(cloud: Cloud, app: App, form: dict[str, str]) -> None:
    if not form.get("client_secret"):
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise DeniedError(401, "invalid_client", 7000218, text)
    state = cloud.check_secret(app, form["client_secret"])
    if state == "wrong":
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{app.client_id}'."
        )
        raise DeniedError(401, "invalid_client", 7000215, text)
    if state == "expired":
        text = (
            f"The provided client secret keys for app '{app.client_id}' are expired. Visit the Azure portal to create "
            "new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for "
            "added security: https://aka.ms/certCreds."
        )
        raise DeniedError(401, "invalid_client", 7000222, text)


def _audience(scope: str) -> str:
    if not scope.endswith(_SUFFIX) or " " in scope:
        text = (
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI)."
        )
        raise DeniedError(400, "invalid_scope", 1002012, text)
    return scope.removesuffix(_SUFFIX).rstrip("/")


def _error(cloud: Cloud, origins: Origins, ask: Ask, denied: DeniedError) -> Reply:
    trace, now = cloud.new_id(), _written(cloud.clock())
    correlation = ask.headers.get("client-request-id") or cloud.new_id()
    told = f"AADSTS{denied.number}: {denied.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
    body = {
        "error": denied.error,
        "error_description": told,
        "error_codes": [denied.number],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"{origins.authority}/error?code={denied.number}",
    }
    return json_reply(denied.status, body, {"x-ms-request-id": trace})


def _written(now: datetime) -> str:
    return f"{now:%Y-%m-%d %H:%M:%S}Z"
