"""The conversation with Entra: where a browser is sent, what its answer is worth, and whether the id_token is genuine.

msal makes requests, PKCE and nonce, and compares state and nonce; it does not verify id_tokens, which is done here.
"""

import json
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import jwt
import msal

from app.errors import AisocError
from app.security.bearer import make_secret
from app.security.sign_in_problems import entra_problem, unknown_sign_in, unknown_tenant, unproven
from app.security.sign_in_settings import EntraApp
from app.security.sign_in_wire import AuthorityClient, check_authority

_LEEWAY = timedelta(minutes=5)
_CLAIMS = ("iss", "aud", "exp", "iat", "nbf", "tid", "oid", "nonce")
Flow = dict[str, Any]


class Entra:
    """One app registration's sign-ins. Its functions wait for the network: call them in a thread."""

    def __init__(self, app: EntraApp) -> None:
        self.app = app
        self._client = AuthorityClient(app.cloud)
        self._keys = _Keys(app.keys_url, self._client)

    def begin(self, redirect_uri: str) -> Flow:
        """Return a new flow, JSON-ready: `auth_uri` is where the browser goes, `state` what will come back.

        Raises Abort or Retry when Entra cannot be asked where its endpoints are.
        """
        entra = self._msal
        with warnings.catch_warnings():
            # It recommends form_post: a POST from Entra's site, with which a browser sends no cookie that is Lax.
            warnings.filterwarnings("ignore", "response_mode=")
            flow: Flow = entra.initiate_auth_code_flow(
                [], redirect_uri=redirect_uri, state=make_secret(), prompt="select_account"
            )
        check_authority(flow["auth_uri"], self.app.cloud)
        return flow

    def finish(self, flow: Flow, answer: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """Return the verified claims of who signed in. answer: what came back with the browser.

        Raises Denied, Abort or Retry that says why nobody is let in.
        """
        if not (answer.get("code") or answer.get("error")):
            raise unknown_sign_in()
        entra = self._msal
        try:
            result = entra.acquire_token_by_auth_code_flow(dict(flow), dict(answer))
        except RuntimeError as error:
            raise unproven("its nonce belongs to another sign-in") from error
        except (ValueError, LookupError) as error:
            raise unproven("it cannot be read") from error
        if "error" in result:
            raise entra_problem(result, self.app, flow["redirect_uri"])
        return self._verified(str(result.get("id_token", "")), now)

    @cached_property
    def _msal(self) -> msal.ConfidentialClientApplication:
        """The app as msal knows it; it asks for the tenant's endpoints once."""
        try:
            return msal.ConfidentialClientApplication(
                self.app.client_id,
                self.app.secret.get_secret_value(),
                self.app.authority,
                instance_discovery=False,  # would ask login.microsoftonline.com about every other cloud
                exclude_scopes=["offline_access"],
                token_cache=_NoCache(),
                http_client=self._client,
            )
        except ValueError as error:
            raise unknown_tenant(self.app) from error

    def _verified(self, token: str, now: datetime) -> dict[str, Any]:
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                ["RS256"],
                audience=self.app.client_id,
                issuer=self.app.issuer,
                # The times are compared with the service's clock below.
                options={"require": list(_CLAIMS), "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
            current = claims["nbf"] <= (now + _LEEWAY).timestamp() and (now - _LEEWAY).timestamp() < claims["exp"]
        except AisocError:
            raise
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise unproven(_reason(error)) from error
        if not current:
            raise unproven("it is not valid at this time")
        if claims["tid"] != self.app.tenant:
            raise unproven("it is from another tenant")
        return claims


class _NoCache(msal.TokenCache):  # type: ignore[misc]  # msal has no types
    """Keeps no token: a sign-in needs the id_token alone, and that once."""

    def add(self, event: dict[str, Any], now: float | None = None) -> None:
        """Leave the tokens of an answer alone."""


class _Keys(jwt.PyJWKClient):
    """The tenant's keys, asked for through the client that only goes to the authority."""

    def __init__(self, url: str, client: AuthorityClient) -> None:
        super().__init__(url, cooldown_duration=0)
        self._authority = client

    def fetch_data(self) -> Any:
        """Return the key set; the library keeps it for five minutes and asks again for a key that it does not know."""
        answer = self._authority.get(self.uri)
        answer.raise_for_status()
        return json.loads(answer.text)


def _reason(error: Exception) -> str:
    """Return why a token was refused; nothing of the token, which the library's own words may quote."""
    match error:
        case jwt.InvalidAudienceError():
            return "it is for another app"
        case jwt.InvalidIssuerError():
            return "another issuer made it"
        case jwt.MissingRequiredClaimError():
            return f"the claim {error.claim} is missing"
        case jwt.PyJWKClientError():
            return "its key is none of the tenant's"
        case jwt.InvalidSignatureError() | jwt.InvalidAlgorithmError():
            return "its signature is wrong"
        case _:
            return "it cannot be read"
