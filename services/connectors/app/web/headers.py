"""What every answer tells the browser: what it may load and run, who may frame it, what not to keep or send on."""

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC = ("/static/", "/_nicegui/")
# Of our own pages, which have no script at all; and of what is no page, which has nothing to load.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
# 'unsafe-eval' is for Vue, which compiles the console's templates in the browser.
_CONSOLE_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'{sockets}; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Pages are read on their way out, and compressed after that; and the console's library would load its scripts from
# wherever the other says.
_NOT_ASKED = (b"accept-encoding", b"x-forwarded-prefix")
_TRANSPORT = "max-age=31536000"
_SCRIPT = re.compile(rb"<script(?=[\s>])")
_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")


def harden(headers: MutableHeaders, scope: Scope) -> None:
    """Set on an answer what every answer has; its own policy and, for static files, its own caching stay."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("content-security-policy", _DATA_POLICY)
    if not (scope["path"].startswith(STATIC) and "cache-control" in headers):
        headers["cache-control"] = "no-store"
    if scope["scheme"] == "https" or (scope["aisoc.service"].settings.public_url or "").startswith("https:"):
        headers.setdefault("strict-transport-security", _TRANSPORT)


class SecurityHeaders:
    """Middleware that hardens every answer and marks the scripts of the console's pages as ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["headers"] = [header for header in scope["headers"] if header[0] not in _NOT_ASKED]
        await self._app(scope, receive, _Answer(scope, send).send)


class _Answer:
    """One answer on its way out; a console's page is held until it is whole."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._held: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Take the next message of the application."""
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html") and "content-security-policy" not in headers:
                self._held = message
                return
            harden(headers, self._scope)
        elif self._held is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            await self._send(self._start_of_page(self._held))
            message, self._held = {"type": "http.response.body", "body": self._body}, None
        await self._send(message)

    def _start_of_page(self, start: Message) -> Message:
        nonce = secrets.token_urlsafe(16)
        self._body = _SCRIPT.sub(b'<script nonce="%s"' % nonce.encode(), self._body)
        headers = MutableHeaders(scope=start)
        if "content-length" in headers and self._scope["method"] != "HEAD":
            headers["content-length"] = str(len(self._body))
        policy = _CONSOLE_POLICY.format(nonce=nonce, sockets=_sockets(self._scope))
        headers["content-security-policy"] = policy
        harden(headers, self._scope)
        return start


def _sockets(scope: Scope) -> str:
    """Return the own host's WebSockets, which older browsers do not count to 'self'."""
    host = Headers(scope=scope).get("host", "")
    return f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
