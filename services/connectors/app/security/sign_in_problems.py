"""What Entra says when it lets nobody in, as sentences for who stands before the door and for who runs AiSOC.

Decided by the OAuth error; the AADSTS number words the remedy (learn.microsoft.com, "Microsoft Entra authentication and
authorization error codes").
"""

import re
from collections.abc import Mapping
from typing import Any

from app.errors import Abort, AisocError, Denied, Retry
from app.security.sign_in_settings import EntraApp

_NUMBER = re.compile(r"AADSTS(\d+)")
_LONGEST_QUOTE = 300
_TRANSIENT = ("temporarily_unavailable", "server_error")
_REDIRECT = (50011, 500112, 500113)
_CODE_SPENT = (54005, 70008, 9002313, 70000, 50148, 501481)


def entra_problem(answer: Mapping[str, Any], app: EntraApp, redirect_uri: str) -> AisocError:
    """Say what an error of the authorization endpoint or the token endpoint means."""
    error, told = str(answer.get("error", "")), str(answer.get("error_description", ""))
    numbered = _NUMBER.search(told)
    number = int(numbered[1]) if numbered else 0
    if error in _TRANSIENT:
        return Retry("sign_in_unavailable", f"Microsoft Entra ID could not answer now: {_quote(told)}", _AGAIN)
    if number in _REDIRECT:
        return Abort(
            "redirect_uri_unknown",
            f"The app registration {app.client_id} does not know the redirect URI {redirect_uri}.",
            f"Add it, exactly so: Entra admin center > App registrations > the app > Authentication > Web. {_PUBLIC}",
        )
    return (
        _of_person(error, number)
        or _of_app(error, number, app)
        or Abort(
            "sign_in_failed",
            f"Microsoft Entra ID let nobody in: {_quote(told or error)}",
            "Look the AADSTS number up at login.microsoftonline.com/error, or start again.",
        )
    )


def unknown_sign_in() -> Denied:
    """Say that an answer came which nobody waits for."""
    return Denied(
        "sign_in_unknown",
        "This sign-in is not known here: it is older than ten minutes, was finished already, or began in another "
        "browser or at another address.",
        "Start again at the sign-in page, in this browser and this tab.",
    )


def unproven(why: str) -> Denied:
    """Say that an id_token proves nothing. why: what is wrong with it, no part of the token."""
    return Denied(
        "id_token_refused",
        f"What came from Microsoft Entra ID does not prove who you are: {why}.",
        "Start again. If it stays, check that the server's clock is right and that AISOC_SIGN_IN_TENANT, "
        "AISOC_SIGN_IN_CLIENT_ID and AISOC_SIGN_IN_CLOUD belong together.",
    )


def _of_person(error: str, number: int) -> Denied | None:
    if number == 50105:
        return Denied(
            "not_assigned",
            "You are not assigned to AiSOC in Microsoft Entra ID (AADSTS50105).",
            "Ask who manages it: Entra admin center > Enterprise applications > the app > Users and groups > Add.",
        )
    if number == 65001 or error == "consent_required":
        return Denied(
            "consent_missing",
            "Nobody has allowed AiSOC to read who you are (AADSTS65001).",
            "Ask an admin of the tenant: App registrations > the app > API permissions > Grant admin consent.",
        )
    if error == "access_denied":
        return Denied("sign_in_declined", "The sign-in was cancelled.", "Start again at the sign-in page.")
    if error == "invalid_grant" and number in _CODE_SPENT:
        return unknown_sign_in()
    return None


def _of_app(error: str, number: int, app: EntraApp) -> Abort | None:
    if number == 7000222:
        return Abort(
            "expired_secret",
            f"The client secret of the app {app.client_id}, with which AiSOC signs people in, has expired.",
            f"Make a new one (Certificates & secrets of the app) and put its Value into {_SECRET}.",
        )
    if error == "invalid_client":
        return Abort(
            "wrong_secret",
            f"The client secret of the app {app.client_id}, with which AiSOC signs people in, is wrong.",
            f"Put the secret's Value, not its Secret ID, into {_SECRET}.",
        )
    if error == "unauthorized_client":
        return Abort(
            "unknown_app",
            f"The tenant {app.tenant} has no app with the client ID {app.client_id}.",
            "Copy AISOC_SIGN_IN_TENANT and AISOC_SIGN_IN_CLIENT_ID from the same app's Overview page.",
        )
    return None


def unknown_tenant(app: EntraApp) -> Abort:
    """Say that there is no such tenant."""
    return Abort(
        "unknown_tenant",
        f"There is no tenant {app.tenant} at {app.cloud.authority}.",
        "Copy AISOC_SIGN_IN_TENANT from the app's Overview page, and check AISOC_SIGN_IN_CLOUD.",
    )


_AGAIN = "Start again after a minute."
_SECRET = "AISOC_SIGN_IN_CLIENT_SECRET and restart"  # noqa: S105 - a setting's name
_PUBLIC = "If the address is wrong, set AISOC_PUBLIC_URL to the one that people open."


def _quote(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:_LONGEST_QUOTE] if lines else "it gave no reason"
