"""The first half of a sign-in: the authorization endpoint, where a browser comes and goes on to the app with a code.

Source: "Microsoft identity platform and OAuth 2.0 authorization code flow" and "Redirect URI (reply URL) restrictions".
PKCE is demanded, which Entra leaves optional for web apps.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from simulator.cloud import App, Cloud
from simulator.directory import Grant, User
from simulator.entra_errors import DeniedError, error_facts, known_tenant, registered_app, required
from simulator.sign_in_pages import account_page, error_page, form_page, signed_out_page
from simulator.sign_in_tokens import client_info
from simulator.wire import Ask, Origins, Reply

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
_MODES = ("query", "fragment", "form_post")
_PROMPTS = ("", "login", "none", "consent", "select_account")


@dataclass(frozen=True)
class _Request:
    """A request whose app and redirect URI are known: from here on errors go to the app."""

    app: App
    redirect_uri: str
    asked: dict[str, str]

    def reply(self, answer: dict[str, str]) -> Reply:
        """Send the browser back to the app."""
        if "state" in self.asked:
            answer = {**answer, "state": self.asked["state"]}
        mode = self.asked.get("response_mode", "query")
        if mode == "form_post":
            return form_page(self.redirect_uri, answer)
        mark = "#" if mode == "fragment" else "&" if "?" in self.redirect_uri else "?"
        return Reply(302, b"", {"Location": f"{self.redirect_uri}{mark}{urlencode(answer)}"}, content_type="text/html")


def authorize(cloud: Cloud, origins: Origins, tenant: str, ask: Ask) -> Reply:
    """Answer a browser: a page to pick an account on, or the way back to the app with a code or an error."""
    asked = ask.form if ask.method == "POST" else ask.options
    try:
        request = _known_request(cloud, known_tenant(cloud, tenant), asked)
    except DeniedError as denied:
        return error_page(error_facts(cloud, origins, ask, denied)["error_description"])
    try:
        scopes = _checked_scopes(asked)
        user = _user(cloud, request)
        if user is None:
            return account_page(ask.path, urlencode(asked), cloud.directory.users_of(request.app.tenant_id))
        _check_assignment(cloud, request.app, user)
    except DeniedError as denied:
        facts = error_facts(cloud, origins, ask, denied)
        return request.reply({name: facts[name] for name in ("error", "error_description", "error_uri")})
    return _signed_in(cloud, request, user, scopes)


def sign_out(cloud: Cloud, tenant: str, ask: Ask) -> Reply:
    """Answer the end of a session: back to an address that some app of the tenant has registered, else a page."""
    target = ask.options.get("post_logout_redirect_uri", "")
    tenant = known_tenant(cloud, tenant)
    apps = [app for app in cloud.apps if app.tenant_id == tenant]
    if any(cloud.directory.registration(app.object_id).accepts(target) for app in apps):
        return Reply(302, b"", {"Location": target}, content_type="text/html")
    return signed_out_page()


def _known_request(cloud: Cloud, tenant: str, asked: dict[str, str]) -> _Request:
    app = registered_app(cloud, tenant, required(asked, "client_id"))
    registration, uri = cloud.directory.registration(app.object_id), asked.get("redirect_uri", "")
    if not registration.redirects:
        raise DeniedError(400, "invalid_request", 500113, "No reply address is registered for the application.")
    if not registration.accepts(uri):
        text = (
            f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
            f"application '{app.client_id}'. Make sure the redirect URI sent in the request matches one added to your "
            "application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about "
            "how to fix this."
        )
        raise DeniedError(400, "invalid_request", 50011, text)
    if asked.get("response_mode", "query") not in _MODES:
        raise DeniedError(400, "invalid_request", 70007, "The provided value for 'response_mode' is not supported.")
    return _Request(app, uri, asked)


def _checked_scopes(asked: dict[str, str]) -> tuple[str, ...]:
    if required(asked, "response_type") != "code":
        text = f"response_type '{asked['response_type']}' is not enabled for the application."
        raise DeniedError(400, "unsupported_response_type", 700054, text)
    scopes = tuple(required(asked, "scope").split())
    if not _SCOPES.issuperset(scopes) or "openid" not in scopes:
        text = (
            f"The provided value for the input parameter 'scope' is not valid. The scope {asked['scope']} is not valid."
        )
        raise DeniedError(400, "invalid_scope", 70011, text)
    if not asked.get("code_challenge"):
        text = "Proof Key for Code Exchange is required for authorization code redemption."
        raise DeniedError(400, "invalid_request", 9002325, text)
    if asked.get("code_challenge_method") != "S256":
        raise DeniedError(400, "invalid_request", 50149, "Invalid Code_Challenge_method parameter.")
    if not _CHALLENGE.fullmatch(asked["code_challenge"]):
        raise DeniedError(400, "invalid_request", 501491, "Invalid size of Code_Challenge parameter.")
    if asked.get("prompt", "") not in _PROMPTS:
        raise DeniedError(400, "invalid_request", 90023, "Unsupported 'prompt' value.")
    return scopes


def _user(cloud: Cloud, request: _Request) -> User | None:
    """Return who signs in: who was picked, or whom the app hinted at; None while nobody is."""
    asked = request.asked
    if asked.get("account") == "none":
        raise DeniedError(400, "access_denied", 65004, "User declined to consent to access the app.")
    if asked.get("prompt") == "none":
        text = "Session information is not sufficient for single-sign-on."
        raise DeniedError(400, "login_required", 50058, text)
    picked = cloud.directory.users.get(asked.get("account", ""))
    if picked is not None and picked.tenant_id == request.app.tenant_id:
        return picked
    if asked.get("prompt") == "select_account":
        return None
    return cloud.directory.find_user(request.app.tenant_id, asked.get("login_hint", ""))


def _check_assignment(cloud: Cloud, app: App, user: User) -> None:
    # Entra was seen to send this to the app (AzureAD/microsoft-authentication-library-for-js#1287) and to show it as a
    # page of its own (#3949).
    registration = cloud.directory.registration(app.object_id)
    if registration.assignment_required and user.object_id not in registration.roles:
        text = (
            f"Your administrator has configured the application ('{app.client_id}') to block users unless they are "
            f"specifically granted ('assigned') access to the application. The signed in user '{user.email}' is "
            "blocked because they are not a direct member of a group with access, nor had access directly assigned by "
            "an administrator. Please contact your administrator to assign access to this application."
        )
        raise DeniedError(400, "interaction_required", 50105, text)


def _signed_in(cloud: Cloud, request: _Request, user: User, scopes: tuple[str, ...]) -> Reply:
    code, asked = f"1.lab.{cloud.rng.getrandbits(256):064x}", request.asked
    grant = Grant(
        request.app.client_id,
        user,
        request.redirect_uri,
        scopes,
        asked["code_challenge"],
        asked.get("nonce"),
        cloud.clock(),
    )
    cloud.directory.keep_code(code, grant)
    answer = {"code": code, "session_state": cloud.new_id()}
    return request.reply(answer | ({"client_info": client_info(user)} if asked.get("client_info") == "1" else {}))
