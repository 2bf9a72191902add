"""Guard against other sites' pages: what a browser sends for them does not get in by the user's session."""

from ipaddress import ip_address

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from app.errors import AisocError, Denied, InvalidInput
from app.settings import Settings
from app.web.cookies import bearer_token, has_session_cookie
from app.web.problems import problem_answer

_SAFE = ("GET", "HEAD", "OPTIONS")
# Its answers are meant for other origins too: the console's library lets every one in.
_SOCKET = "/_nicegui_ws/"
# Load balancers ask these by an address of their own.
_PROBES = ("/healthz", "/readyz")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class CrossSiteGuard:
    """Middleware that refuses requests of other sites' pages, and requests to hosts that are not this one."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = allowed_hosts(settings)
        self._public = URL(settings.public_url).origin() if settings.public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refused = self._refusal(HTTPConnection(scope)) if scope["type"] in ("http", "websocket") else None
        if refused is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await problem_answer(refused, scope["aisoc.service"].clock.now())(scope, receive, send)

    def _refusal(self, request: HTTPConnection) -> AisocError | None:
        if bearer_token(request.headers) is not None and not has_session_cookie(request):
            return None  # no browser adds a token by itself
        if self._hosts is not None and request.url.path not in _PROBES and _host(request) not in self._hosts:
            return InvalidInput(
                "unknown_host",
                "AiSOC is not known by the name that was asked for.",
                "Set AISOC_PUBLIC_URL to the address that people open.",
            )
        if _is_safe(request) or self._is_ours(request):
            return None
        return Denied(
            "cross_site_request",
            "This request came from another site's page, or does not say from where.",
            "Open AiSOC itself and try again; behind a proxy set AISOC_PUBLIC_URL; programs use an API token.",
        )

    def _is_ours(self, request: HTTPConnection) -> bool:
        """Whether a request comes from a page of ours, or from no browser and without a session."""
        if (site := request.headers.get("sec-fetch-site")) is not None:
            return site in ("same-origin", "none")
        if (origin := request.headers.get("origin")) is not None:
            return origin in self._origins(request)
        return not has_session_cookie(request) or request.scope.get("method") in _SAFE

    def _origins(self, request: HTTPConnection) -> set[str]:
        scheme = {"ws": "http", "wss": "https"}.get(request.url.scheme, request.url.scheme)
        own = {f"{scheme}://{request.headers.get('host', '')}"}
        return own if self._public is None else own | {str(self._public)}


def allowed_hosts(settings: Settings) -> frozenset[str] | None:
    """Return the names by which the service may be asked; None: any, as it listens to others and was told no name."""
    named = {URL(settings.public_url).host or ""} if settings.public_url else set()
    if not named and not _is_loopback(settings.host):
        return None
    return _LOCAL | named | {settings.host.lower()}


def _is_safe(request: HTTPConnection) -> bool:
    method = request.scope.get("method")
    return method in _SAFE and not request.url.path.startswith(_SOCKET)


def _host(request: HTTPConnection) -> str:
    """Return the name that was asked for, without its port; empty when it is none."""
    try:
        return (URL(f"http://{request.headers.get('host', '')}").host or "").lower()
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
