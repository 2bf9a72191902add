"""Requests of a sign-in: to the cloud's authority alone, without redirects, trusting what the cloud trusts."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import httpx

from app.errors import Abort, AisocError, Retry
from app.microsoft.clouds import Cloud
from app.microsoft.transport import tls_context

_TIMEOUT = httpx.Timeout(30, connect=15)
_LARGEST_ANSWER = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """A whole answer, in the form that msal reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        """Raise Retry (sign_in_unavailable) unless it is the answer to the question."""
        if self.status_code != 200:
            raise _unusable(self.status_code, "it is an error")


class AuthorityClient:
    """The HTTP client that msal and the key set use; each request has a connection of its own, as sign-ins are rare.

    Only JSON is passed on: msal logs an answer that is none, with whatever token is in it.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for what is there. Raises Abort or Retry."""
        return self._send(httpx.Request("GET", url, params=params, headers=headers))

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a form. Raises Abort or Retry."""
        return self._send(httpx.Request("POST", url, params=params, data=data, headers=headers))

    def close(self) -> None:
        """Do nothing: no connection stays open."""

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return tls_context(self._cloud)

    def _send(self, request: httpx.Request) -> Answer:
        check_authority(str(request.url), self._cloud)
        try:
            with httpx.Client(verify=self._tls, timeout=_TIMEOUT, follow_redirects=False) as client:
                answer = client.send(request, stream=True)
                _check_status(answer.status_code)
                text = _read(answer)
        except httpx.HTTPError as error:
            raise _unreachable(error, self._cloud) from error
        return Answer(answer.status_code, text, dict(answer.headers))


def check_authority(url: str, cloud: Cloud) -> None:
    """Raise Abort (foreign_endpoint) for an address outside the cloud's authority."""
    if not url.startswith(f"{cloud.authority}/") or any(character in url for character in "\\@\r\n"):
        raise Abort(
            "foreign_endpoint",
            f"The OpenID configuration of {cloud.authority} names an address elsewhere: {url.split('?', 1)[0][:200]}.",
            "Nothing was sent there. If the cloud's sign-in really moved, declare its authority in AISOC_CLOUDS and "
            "name that cloud in AISOC_SIGN_IN_CLOUD.",
        )


def _read(answer: httpx.Response) -> str:
    """Return the JSON text of an answer."""
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > _LARGEST_ANSWER:
            raise _unusable(answer.status_code, "it is too large")
    try:
        text = body.decode()
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise _unusable(answer.status_code, "it is no JSON object")
    return text


def _check_status(status: int) -> None:
    """Raise Retry for what msal would take for an answer, or repeat: redirects, throttling, failures."""
    if not (status == 200 or (400 <= status < 500 and status not in (408, 429))):
        raise _unusable(status, "it is an error")


def _unusable(status: int, why: str) -> Retry:
    return Retry(
        "sign_in_unavailable",
        f"Microsoft Entra ID gave an answer that cannot be used (HTTP {status}): {why}.",
        "Start again after a minute. If it lasts, look whether a proxy answers in its place.",
    )


def _unreachable(error: httpx.HTTPError, cloud: Cloud) -> AisocError:
    told = str(error).splitlines()[0][:200].rstrip(".") if str(error) else type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in told:
        return Abort(
            "untrusted_certificate",
            f"The certificate of {cloud.authority} is not trusted here: {told}.",
            "If a proxy inspects TLS, or the cloud has its own authority, give its certificate as ca_bundle in the "
            "AISOC_CLOUDS file, or in SSL_CERT_FILE.",
        )
    return Retry(
        "sign_in_unavailable",
        f"{cloud.authority} cannot be reached: {told}.",
        "Start again after a minute. If it lasts, check the server's network, DNS, proxy (HTTPS_PROXY) and firewall.",
    )
