"""Microsoft's errors as sentences: what happened, to what, and what to do about it.

Decided by the HTTP status and the error's code; the numbers of a sign-in error (AADSTS…) only word the remedy, as
Microsoft asks (learn.microsoft.com, "Microsoft Entra authentication and authorization error codes").
"""

import json
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceResponseTimeoutError,
)

from app.errors import Abort, AisocError, Retry

_TOO_OLD = re.compile(r"start time cannot be more than \d+ days in the past", re.IGNORECASE)
_LONGEST_QUOTE = 300
_LONGEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True)
class Caller:
    """Who asks for what: the app, its tenant and the subscription it reads."""

    tenant_id: str
    client_id: str
    subscription_id: str

    @property
    def app(self) -> str:
        return f"the app {self.client_id}"

    @property
    def subscription(self) -> str:
        return f"the subscription {self.subscription_id}"


def arm_problem(status: int, headers: Mapping[str, str], body: bytes, caller: Caller, now: datetime) -> AisocError:
    """Say what an Azure Resource Manager answer other than 200 means.

    Bodies come as {"error": {"code", "message"}} or flat {"code", "message"}; both are read.
    """
    code, message = _code_and_message(body)
    known = _by_code(code, caller)
    if known is not None:
        return known
    if status == 429:
        return throttled(caller, retry_after(headers, now))
    if _TOO_OLD.search(message):
        return Abort(
            "start_too_old",
            "The window starts before the 90 days that Azure keeps Activity Log events.",
            "Read from a later start: what is older can only come from an export (aisoc ingest).",
        )
    quote = _quoted(status, code, message)
    if status == 408 or status >= 500:
        return Retry(
            "service_unavailable",
            f"Azure Resource Manager could not answer now: {quote}.",
            "Nothing to do: the next poll reads the same window. See status.azure.com if it lasts.",
        )
    return Abort(
        "request_refused",
        f"Azure Resource Manager refused the request: {quote}.",
        "Check the connector's fields; the code is explained in Microsoft's Azure Resource Manager documentation.",
    )


def sign_in_problem(error: ClientAuthenticationError, caller: Caller) -> AisocError:
    """Say why Microsoft Entra ID gave no token (RFC 6749 `error`, worded by `error_codes`)."""
    answer = _json_body(error)
    name, codes = str(answer.get("error", "")), answer.get("error_codes")
    codes = codes if isinstance(codes, list) else []
    status = (error.status_code if error.response is not None else None) or 0
    if status == 429 or status >= 500 or name == "temporarily_unavailable":
        return Retry(
            "sign_in_unavailable",
            f"Microsoft Entra ID could not answer now (HTTP {status}).",
            "Nothing to do: the next poll tries again.",
        )
    if name == "invalid_client" and 7000222 in codes:
        return Abort(
            "expired_secret",
            f"The client secret of {caller.app} has expired.",
            "Make a new secret (Entra admin center > App registrations > the app > Certificates & secrets), and "
            "give its Value to the connector.",
        )
    if name == "invalid_client":
        return Abort(
            "wrong_secret",
            f"The client secret of {caller.app} is wrong.",
            "Give the connector the secret's Value, not its Secret ID; if it is lost, make a new secret.",
        )
    if name == "unauthorized_client":
        return Abort(
            "unknown_app",
            f"The tenant {caller.tenant_id} has no app with the client ID {caller.client_id}.",
            "Copy Application (client) ID and Directory (tenant) ID from the same app's Overview page.",
        )
    if name == "invalid_tenant" or 90002 in codes:
        return Abort(
            "unknown_tenant",
            f"There is no tenant {caller.tenant_id} in this cloud.",
            "Copy Directory (tenant) ID from the app's Overview page, and check the connector's cloud.",
        )
    return Abort(
        "sign_in_failed",
        f"Microsoft Entra ID gave no token: {_first_line(answer.get('error_description') or error.message)}",
        "Look the AADSTS number up at login.microsoftonline.com/error.",
    )


def connection_problem(error: AzureError, origin: str) -> AisocError:
    """Say why no complete answer came: no network, an untrusted certificate, a broken connection."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return Abort(
            "untrusted_certificate",
            f"The certificate of {origin} is not trusted here: {_first_line(str(causes[-1]))}",
            "If a proxy inspects TLS, or the cloud has its own authority, give its certificate as ca_bundle in the "
            "AISOC_CLOUDS file, or in SSL_CERT_FILE.",
        )
    if isinstance(error, ServiceResponseTimeoutError):
        return Retry(
            "no_answer",
            f"{origin} took the request and did not answer in time.",
            "Nothing to do: the next poll reads the same window. If it lasts, look whether a proxy holds answers back.",
        )
    if any(isinstance(cause, socket.gaierror | ConnectionRefusedError | TimeoutError) for cause in causes):
        return Retry(
            "unreachable",
            f"{origin} cannot be reached: {_first_line(str(error)).rstrip('.')}.",
            "Check this machine's network, DNS, proxy (HTTPS_PROXY) and firewall; the next poll tries again.",
        )
    return Retry(
        "connection_broken",
        f"The connection to {origin} broke before the answer was complete: {_first_line(str(error)).rstrip('.')}.",
        "Nothing to do: the next poll reads the same window.",
    )


def _by_code(code: str, caller: Caller) -> AisocError | None:
    match code:
        case "AuthorizationFailed":
            return Abort(
                "no_reader_role",
                f"{_capital(caller.app)} may not read the Activity Log of {caller.subscription}: no Reader role.",
                "Give it Reader: Azure portal > Subscriptions > the subscription > Access control (IAM) > Add role "
                "assignment. A new assignment takes some minutes to work.",
            )
        case "InvalidAuthenticationTokenTenant":
            return Abort(
                "subscription_in_other_tenant",
                f"{_capital(caller.subscription)} belongs to another tenant than {caller.app} ({caller.tenant_id}).",
                "Use an app of the subscription's own tenant. After a transfer this answer can last an hour.",
            )
        case "SubscriptionNotFound":
            return Abort(
                "subscription_not_found",
                f"{_capital(caller.subscription)} is not one that {caller.app} can see in tenant {caller.tenant_id}.",
                "Copy the Subscription ID from the tenant that the app is registered in, and check the Reader role.",
            )
        case "InvalidSubscriptionId":
            return Abort(
                "malformed_subscription_id",
                f"Azure does not accept {caller.subscription_id!r} as a subscription ID.",
                "Copy the Subscription ID (a GUID) from the subscription's Overview page.",
            )
        case "ExpiredAuthenticationToken":
            return Retry(
                "token_expired",
                "Azure Resource Manager says that the access token has expired.",
                "Nothing to do: the next poll gets a new one. If it stays, set this machine's clock right.",
            )
        case "InvalidAuthenticationToken":
            return Abort(
                "token_rejected",
                f"Azure Resource Manager did not accept the token of {caller.app}.",
                f"Most often the app has no Reader role at {caller.subscription}: check the role assignment; then "
                "that tenant and cloud are the subscription's.",
            )
        case _:
            return None


def throttled(caller: Caller, after: datetime | None) -> Retry:
    """Say that Azure wants no more reads now. after: when it takes the next."""
    until = "" if after is None else f" until {after:%H:%M:%S} UTC"
    return Retry(
        "throttled",
        f"Azure throttles the reads of {caller.app} on {caller.subscription}{until}.",
        "Nothing to do: the same window is read again. Another tool with the same app may be using up the allowance.",
        after,
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Read Retry-After, seconds or a date (RFC 9110), as the time that it means; None when it says nothing usable."""
    value = headers.get("Retry-After", "")
    try:
        after = now + timedelta(seconds=int(value)) if value.isdecimal() else parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    after = after if after.tzinfo else after.replace(tzinfo=UTC)
    return min(max(after, now), now + _LONGEST_PAUSE)


def _code_and_message(body: bytes) -> tuple[str, str]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    error = answer.get("error", answer) if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or ""), str(error.get("message") or "")


def _json_body(error: HttpResponseError) -> dict[str, Any]:
    try:
        answer = json.loads(error.response.text()) if error.response is not None else {}
    except (ValueError, RecursionError):
        answer = {}
    return answer if isinstance(answer, dict) else {}


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _quoted(status: int, code: str, message: str) -> str:
    said = ": ".join(part for part in (code, _first_line(message).rstrip(".")) if part)
    return f"HTTP {status}" + (f", {said}" if said else "")


def _first_line(text: object) -> str:
    lines = str(text).strip().splitlines()
    return lines[0][:_LONGEST_QUOTE] if lines else ""


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
