"""Microsoft's errors, each as what to do next: stop for a person, or try later."""

import json
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError

from app.errors import Abort, AisocError, Retry
from app.microsoft.problems import Caller, arm_problem, connection_problem, sign_in_problem

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CALLER = Caller(
    "c0ffee00-1111-4222-8333-444455556666",
    "0b5e7a1c-2222-4333-8444-555566667777",
    "5a1f0c3e-7d42-4b8e-9c61-2f0d8e4b7a11",
)
HTML = b"<!DOCTYPE html>\n<html><body>The service is unavailable.</body></html>"

ARM = [
    (401, "InvalidAuthenticationToken", "The access token is invalid.", Abort, "token_rejected"),
    (
        401,
        "ExpiredAuthenticationToken",
        "The access token expiry UTC time '1' is earlier than current UTC time '2'.",
        Retry,
        "token_expired",
    ),
    (403, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier.", Retry, "token_expired"),
    (
        401,
        "InvalidAuthenticationTokenTenant",
        "The access token is from the wrong issuer 'a'. It must match the tenant 'b' associated with this one.",
        Abort,
        "subscription_in_other_tenant",
    ),
    (
        403,
        "AuthorizationFailed",
        "The client 'x' with object id 'y' does not have authorization to perform action 'a' over scope 's'.",
        Abort,
        "no_reader_role",
    ),
    (404, "SubscriptionNotFound", "The subscription 's' could not be found.", Abort, "subscription_not_found"),
    (
        400,
        "InvalidSubscriptionId",
        "The provided subscription identifier 's' is malformed or invalid.",
        Abort,
        "malformed_subscription_id",
    ),
    (
        400,
        "BadRequest",
        "The start time cannot be more than 90 days in the past.",
        Abort,
        "start_too_old",
    ),
    (429, "SubscriptionRequestsThrottled", "Please try again after '10' seconds.", Retry, "throttled"),
    (429, "ResourceRequestsThrottled", "Please try again after '309' seconds.", Retry, "throttled"),
    (429, "TooManyRequests", "The request is being throttled.", Retry, "throttled"),
    (500, "InternalServerError", "Encountered internal server error.", Retry, "service_unavailable"),
    (502, "BadGateway", "", Retry, "service_unavailable"),
    (503, "ServiceUnavailable", "Busy.", Retry, "service_unavailable"),
    (504, "GatewayTimeout", "The gateway did not receive a response.", Retry, "service_unavailable"),
    (408, "RequestTimeout", "", Retry, "service_unavailable"),
    (400, "BadRequest", "The filter is not supported.", Abort, "request_refused"),
    (404, "NoRegisteredProviderFound", "No registered resource provider found.", Abort, "request_refused"),
]


def nested(code: str, message: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}).encode()


def flat(code: str, message: str) -> bytes:
    return json.dumps({"code": code, "message": message}).encode()


def problem(status: int, body: bytes, **headers: str) -> AisocError:
    return arm_problem(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, CALLER, NOW)


@pytest.mark.parametrize("form", [nested, flat])
@pytest.mark.parametrize(("status", "code", "message", "kind", "expected"), ARM, ids=lambda part: str(part)[:30])
def test_an_error_of_resource_manager_says_what_to_do_next(form, status, code, message, kind, expected):
    error = problem(status, form(code, message))
    assert (type(error), error.code) == (kind, expected)
    assert error.message.endswith(".")
    assert error.remedy


@pytest.mark.parametrize("code", ["AuthorizationFailed", "SubscriptionNotFound", "InvalidAuthenticationTokenTenant"])
def test_a_refusal_names_the_app_and_the_subscription(code):
    message = problem(403, nested(code, "")).message
    assert CALLER.client_id in message
    assert CALLER.subscription_id in message


def test_a_refusal_that_is_not_known_quotes_microsoft_in_one_short_line():
    message = problem(400, nested("Strange", "First line.\nsecond line " + "x" * 9_000)).message
    assert "HTTP 400, Strange: First line" in message
    assert "second" not in message
    assert len(problem(400, nested("Strange", "x" * 9_000)).message) < 500


@pytest.mark.parametrize(
    "body", [b"", HTML, b"null", b"[]", b'"x"', b"{}", b'{"error":"x"}', b'{"error":null}', b"\xff"]
)
@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (429, Retry, "throttled"),
        (500, Retry, "service_unavailable"),
        (503, Retry, "service_unavailable"),
        (400, Abort, "request_refused"),
        (401, Abort, "request_refused"),
        (403, Abort, "request_refused"),
        (404, Abort, "request_refused"),
    ],
)
def test_a_body_without_a_code_is_judged_by_its_status(body, status, kind, code):
    error = problem(status, body)
    assert (type(error), error.code) == (kind, code)
    assert "<html>" not in error.message


@pytest.mark.parametrize("seconds", [0, 1, 17, 309])
def test_a_throttled_caller_waits_as_many_seconds_as_it_is_told(seconds):
    error = problem(429, nested("TooManyRequests", ""), Retry_After=str(seconds))
    assert isinstance(error, Retry)
    assert error.after == NOW + timedelta(seconds=seconds)


def test_a_throttled_caller_waits_until_the_date_it_is_told():
    now = datetime.now(UTC)
    date = (now + timedelta(minutes=3)).replace(microsecond=0)
    error = arm_problem(429, {"Retry-After": format_datetime(date, usegmt=True)}, b"", CALLER, now)
    assert isinstance(error, Retry)
    assert error.after is not None
    assert abs(error.after - date) < timedelta(seconds=5)


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "soon"}, {"Retry_After": ""}])
def test_a_throttled_caller_that_is_told_no_time_waits_for_its_next_poll(headers):
    error = problem(429, b"", **headers)
    assert isinstance(error, Retry)
    assert error.after is None


# --- sign-in


@dataclass
class Answer:
    """An answer of the token endpoint, as azure-core's errors carry it."""

    status_code: int
    body: str

    @property
    def reason(self) -> str:
        return HTTPStatus(self.status_code).phrase

    def text(self) -> str:
        return self.body


def sign_in(status: int, body: Any, message: str = "Authentication failed") -> AisocError:
    answer: Any = Answer(status, body if isinstance(body, str) else json.dumps(body))
    return sign_in_problem(ClientAuthenticationError(message, response=answer), CALLER)


@pytest.mark.parametrize(
    ("status", "name", "number", "kind", "expected"),
    [
        (401, "invalid_client", 7000215, Abort, "wrong_secret"),
        (401, "invalid_client", 7000222, Abort, "expired_secret"),
        (400, "unauthorized_client", 700016, Abort, "unknown_app"),
        (400, "invalid_request", 90002, Abort, "unknown_tenant"),
        (400, "invalid_tenant", 90002, Abort, "unknown_tenant"),
        (400, "invalid_scope", 70011, Abort, "sign_in_failed"),
        (429, "", 0, Retry, "sign_in_unavailable"),
        (500, "server_error", 0, Retry, "sign_in_unavailable"),
        (503, "temporarily_unavailable", 0, Retry, "sign_in_unavailable"),
        (400, "temporarily_unavailable", 0, Retry, "sign_in_unavailable"),
    ],
)
def test_an_error_of_the_token_endpoint_says_what_to_do_next(status, name, number, kind, expected):
    body = {"error": name, "error_codes": [number], "error_description": f"AADSTS{number}: No.\r\nTrace ID: t"}
    error = sign_in(status, body)
    assert (type(error), error.code) == (kind, expected)
    assert error.remedy
    assert "Trace" not in error.message


def test_a_wrong_secret_says_that_its_value_is_wanted():
    assert "not its Secret ID" in sign_in(401, {"error": "invalid_client", "error_codes": [7000215]}).remedy


@pytest.mark.parametrize("body", ["", "<html></html>", "null", "[]", "{}", '{"error_codes": null}'])
def test_an_unreadable_answer_of_the_token_endpoint_is_judged_by_its_status(body):
    assert sign_in(503, body).code == "sign_in_unavailable"
    assert sign_in(400, body, "AADSTS1: Said no").message.endswith("AADSTS1: Said no")


def test_a_sign_in_without_any_answer_is_told_with_its_reason():
    error = sign_in_problem(ClientAuthenticationError("No credential\nmore"), CALLER)
    assert (error.code, error.message) == ("sign_in_failed", "Microsoft Entra ID gave no token: No credential")


# --- connections


def caused(error: Exception, cause: Exception) -> Any:
    error.__cause__ = OSError("in between")
    error.__cause__.__context__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "kind", "code"),
    [
        (ssl.SSLCertVerificationError("self-signed certificate"), Abort, "untrusted_certificate"),
        (socket.gaierror(-2, "Name or service not known"), Retry, "unreachable"),
        (ConnectionRefusedError(111, "refused"), Retry, "unreachable"),
        (TimeoutError("timed out"), Retry, "unreachable"),
        (ConnectionResetError("reset by peer"), Retry, "connection_broken"),
        (EOFError("half an answer"), Retry, "connection_broken"),
    ],
)
@pytest.mark.parametrize("failure", [ServiceRequestError, ServiceResponseError])
def test_a_connection_that_failed_says_why(failure, cause, kind, code):
    error = connection_problem(caused(failure("failed"), cause), "https://management.azure.com")
    assert (type(error), error.code) == (kind, code)
    assert "https://management.azure.com" in error.message


def test_causes_that_go_in_a_circle_are_followed_once():
    failure = ServiceRequestError("failed")
    cause = OSError("broken")
    failure.__cause__, cause.__cause__ = cause, failure
    assert connection_problem(failure, "https://a").code == "connection_broken"
