"""The second half of a sign-in: a code is redeemed for an id_token, a signed JWT.

Source: "Microsoft identity platform and OAuth 2.0 authorization code flow", "ID token claims reference"; the numbers of
the errors from "Microsoft Entra authentication and authorization error codes" and reports of each.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import jwt

from simulator import faults
from simulator.cloud import App, Cloud
from simulator.directory import Grant, User
from simulator.entra_errors import DeniedError, required
from simulator.signing import make_key
from simulator.wire import Origins, Reply, json_reply

_SKEW = timedelta(minutes=5)


def redeem(cloud: Cloud, origins: Origins, app: App, form: dict[str, str], fault: faults.Action | None) -> Reply:
    """Answer grant_type=authorization_code of an app whose secret was right."""
    grant = _grant(cloud, app, form)
    grant.redeemed = True
    lifetime = int(cloud.token_lifetime.total_seconds())
    body = {
        "token_type": "Bearer",
        "scope": " ".join(grant.scopes),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": cloud.issue_token(app, origins.graph),
        "id_token": _id_token(cloud, origins, app, grant, fault),
        "client_info": client_info(grant.user),
    }
    if "offline_access" in grant.scopes:
        body["refresh_token"] = f"lab.refresh.{cloud.rng.getrandbits(256):064x}"
    return json_reply(200, body, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})


def client_info(user: User) -> str:
    """Return what MSAL asks for with client_info=1: who signed in, as base64url of JSON."""
    return _base64(json.dumps({"uid": user.object_id, "utid": user.tenant_id}).encode())


def _grant(cloud: Cloud, app: App, form: dict[str, str]) -> Grant:
    grant, redirect = cloud.directory.find_code(required(form, "code")), required(form, "redirect_uri")
    if grant is None:
        raise _invalid(9002313, "Invalid request. Request is malformed or invalid.")
    if (grant.client_id, grant.user.tenant_id) != (app.client_id, app.tenant_id):
        raise _invalid(70000, "Provided grant is invalid or malformed.")
    if grant.redeemed:
        raise _invalid(
            54005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing "
            "refresh token.",
        )
    if cloud.clock() >= grant.issued + cloud.directory.code_lifetime:
        raise _invalid(
            70008,
            "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive "
            "authorization request for this user and resource.",
        )
    if redirect != grant.redirect_uri:
        text = (
            f"The reply address '{redirect}' does not match the reply address '{grant.redirect_uri}' provided when "
            "requesting Authorization code."
        )
        raise DeniedError(401, "invalid_client", 500112, text)
    _check_verifier(grant, form.get("code_verifier"))
    return grant


def _check_verifier(grant: Grant, verifier: str | None) -> None:
    if not verifier:
        text = "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE."
        raise _invalid(50148, text)
    if _base64(hashlib.sha256(verifier.encode()).digest()) != grant.challenge:
        text = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
        raise _invalid(501481, text)


def _invalid(number: int, text: str) -> DeniedError:
    return DeniedError(400, "invalid_grant", number, text)


def _id_token(cloud: Cloud, origins: Origins, app: App, grant: Grant, fault: faults.Action | None) -> str:
    claims, key = _claims(cloud, origins, app, grant), cloud.directory.keys.current
    if not isinstance(fault, faults.Forge):
        return key.sign(claims)
    match fault.how:
        case "signature":
            return make_key().sign(claims, key.kid)
        case "key":
            return make_key().sign(claims)
        case "unsigned":
            return jwt.encode(claims, "", "none", {"kid": key.kid})
        case "expired":
            day = int(timedelta(days=1).total_seconds())
            return key.sign(claims | {name: claims[name] - day for name in ("iat", "nbf", "exp")})
        case "aud" | "iss" | "nonce" | "tid":
            return key.sign(claims | {fault.how: cloud.new_id()})


def _claims(cloud: Cloud, origins: Origins, app: App, grant: Grant) -> dict[str, Any]:
    user, now = grant.user, cloud.clock()
    claims: dict[str, Any] = {
        "aud": app.client_id,
        "iss": f"{origins.authority}/{app.tenant_id}/v2.0",
        "iat": int((now - _SKEW).timestamp()),
        "nbf": int((now - _SKEW).timestamp()),
        "exp": int((now + _SKEW + timedelta(hours=1)).timestamp()),
        "rh": f"1.{_base64(app.object_id.encode())}.",
        "sub": _base64(hashlib.sha256(f"{app.client_id}{user.object_id}".encode()).digest()),
        "tid": app.tenant_id,
        "uti": _base64(cloud.rng.getrandbits(128).to_bytes(16, "big")),
        "ver": "2.0",
    }
    if grant.nonce is not None:
        claims["nonce"] = grant.nonce
    if "profile" in grant.scopes:
        claims |= {"name": user.name, "oid": user.object_id, "preferred_username": user.email}
    if "email" in grant.scopes:
        claims["email"] = user.email
    roles = cloud.directory.registration(app.object_id).roles.get(user.object_id)
    return claims | ({"roles": list(roles)} if roles else {})


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
