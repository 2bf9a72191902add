"""The session's cookie, and the bearer token: how requests carry what lets them in."""

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.settings import Settings

_NAME = "aisoc_session"
# A browser takes a cookie of this prefix only over https, for all paths, and from no other host of the domain.
_SECURE_NAME = f"__Host-{_NAME}"


def is_secure(request: HTTPConnection, settings: Settings) -> bool:
    """Whether the browser speaks https, to this server or to a proxy before it."""
    return request.url.scheme in ("https", "wss") or (settings.public_url or "").startswith("https:")


def session_cookie(request: HTTPConnection, settings: Settings) -> str | None:
    """Return the session's secret that a request carries."""
    return request.cookies.get(_name(request, settings))


def has_session_cookie(request: HTTPConnection) -> bool:
    """Whether a request carries a session's cookie of either name."""
    return _NAME in request.cookies or _SECURE_NAME in request.cookies


def set_session_cookie(response: Response, request: HTTPConnection, settings: Settings, secret: str) -> None:
    """Let an answer bring the browser a session; it ends there when the server would end it."""
    response.set_cookie(
        _name(request, settings),
        secret,
        max_age=settings.session_hours * 3600,
        path="/",
        secure=is_secure(request, settings),
        httponly=True,
        samesite="lax",
    )


def delete_session_cookie(response: Response, request: HTTPConnection, settings: Settings) -> None:
    """Let an answer take the session from the browser."""
    response.delete_cookie(
        _name(request, settings), path="/", secure=is_secure(request, settings), httponly=True, samesite="lax"
    )


def bearer_token(headers: Headers) -> str | None:
    """Return the token of the header `Authorization: Bearer …`; None without such a header."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _name(request: HTTPConnection, settings: Settings) -> str:
    return _SECURE_NAME if is_secure(request, settings) else _NAME
