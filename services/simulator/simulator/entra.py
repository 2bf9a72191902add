"""The Microsoft identity platform's endpoints: the OpenID configuration, tokens, keys, and the pages of a sign-in.

Source: "Microsoft identity platform and the OAuth 2.0 client credentials flow" and "Microsoft Entra authentication and
authorization error codes".
"""

import re
from collections.abc import Callable

from simulator import faults, sign_in, sign_in_tokens
from simulator.cloud import App, Cloud
from simulator.entra_errors import DeniedError, error_reply, known_tenant, registered_app, required
from simulator.wire import Ask, Origins, Reply, json_reply

_PATHS = {
    "token": re.compile(r"/(?P<tenant>[^/]+)/oauth2/v2\.0/token", re.IGNORECASE),
    "openid": re.compile(r"/(?P<tenant>[^/]+)/v2\.0/\.well-known/openid-configuration", re.IGNORECASE),
    "authorize": re.compile(r"/(?P<tenant>[^/]+)/oauth2/v2\.0/authorize", re.IGNORECASE),
    "keys": re.compile(r"/(?P<tenant>[^/]+)/discovery/v2\.0/keys", re.IGNORECASE),
    "logout": re.compile(r"/(?P<tenant>[^/]+)/oauth2/v2\.0/logout", re.IGNORECASE),
}
_NUMBERED = re.compile(r"AADSTS(\d+): (.*)")
_SUFFIX = "/.default"


def kind_of(ask: Ask) -> str:
    return next((kind for kind, path in _PATHS.items() if path.fullmatch(ask.path)), "other")


def answer(cloud: Cloud, origins: Origins, ask: Ask, fault: faults.Action | None = None) -> Reply:
    """Answer one request at the authority. fault: what is wrong with the answer of a sign-in."""
    kind = kind_of(ask)
    if kind == "other":
        return Reply(404, b"", content_type="text/html")
    parts = _PATHS[kind].fullmatch(ask.path)
    assert parts is not None
    tenant = parts["tenant"]
    answers: dict[str, Callable[[], Reply]] = {
        "token": lambda: _token(cloud, origins, tenant, ask, fault),
        "openid": lambda: _openid(cloud, tenant, origins.authority),
        "authorize": lambda: sign_in.authorize(cloud, origins, tenant, ask),
        "keys": lambda: _keys(cloud, tenant, origins.authority),
        "logout": lambda: sign_in.sign_out(cloud, tenant, ask),
    }
    try:
        return answers[kind]()
    except DeniedError as denied:
        return error_reply(cloud, origins, ask, denied)


def refuse(cloud: Cloud, origins: Origins, ask: Ask, fault: faults.Answer) -> Reply:
    """Answer an injected error in this endpoint's body shape; its `code` is the OAuth `error`.

    A message that begins with `AADSTS` and a number names its error code; others are 90033, a transient error.
    """
    transient = fault.status >= 500 or fault.status in (408, 429)
    error = "temporarily_unavailable" if transient and fault.code[:1].isupper() else fault.code
    told = _NUMBERED.fullmatch(fault.message)
    number, text = (int(told[1]), told[2]) if told else (90033, fault.message)
    reply = error_reply(cloud, origins, ask, DeniedError(fault.status, error, number, text))
    return Reply(reply.status, reply.body, {**reply.headers, **fault.headers})


def _openid(cloud: Cloud, tenant: str, authority: str) -> Reply:
    known_tenant(cloud, tenant)
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


def _keys(cloud: Cloud, tenant: str, authority: str) -> Reply:
    issuer = f"{authority}/{known_tenant(cloud, tenant)}/v2.0"
    return json_reply(200, cloud.directory.keys.published(issuer))


def _token(cloud: Cloud, origins: Origins, tenant: str, ask: Ask, fault: faults.Action | None) -> Reply:
    if ask.method != "POST":
        text = "Endpoint only accepts POST requests. Received a GET request."
        raise DeniedError(400, "invalid_request", 900561, text)
    known_tenant(cloud, tenant)
    form = ask.form
    if required(form, "grant_type") not in ("client_credentials", "authorization_code"):
        text = "The provided grant_type is not supported here: client_credentials and authorization_code only."
        raise DeniedError(400, "unsupported_grant_type", 70003, text)
    app = registered_app(cloud, tenant, required(form, "client_id"))
    _check_secret(cloud, app, form)
    if form["grant_type"] == "authorization_code":
        return sign_in_tokens.redeem(cloud, origins, app, form, fault)
    audience = _audience(required(form, "scope"))
    lifetime = int(cloud.token_lifetime.total_seconds())
    body = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime}
    headers = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}
    return json_reply(200, {**body, "access_token": cloud.issue_token(app, audience)}, headers)


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
