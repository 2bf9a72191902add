"""The routes of a sign-in with Entra: to Entra, and back from it."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.errors import NotFound
from app.security.sign_in import LIFETIME, begin_sign_in, finish_sign_in
from app.security.sign_in_entra import Entra
from app.security.sign_in_settings import read_entra_app
from app.service import Service
from app.web.access import Public, address_of_caller, service_of
from app.web.cookies import is_secure
from app.web.forms import local_path
from app.web.pages import signed_in

_BACK = "/sign-in/entra/callback"
_MARK = "aisoc_sign_in"


def entra_routes(service: Service) -> APIRouter:
    """Return the routes; they answer 404 where no app registration is set.

    Raises InvalidInput (invalid_setting, unknown_cloud) for settings that cannot be used.
    """
    registered = read_entra_app(service.settings, service.clouds)
    entra = None if registered is None else Entra(registered)
    routes = APIRouter(prefix="/sign-in/entra", include_in_schema=False, dependencies=[Public])

    @routes.get("")
    async def begin(request: Request, next: str = "/") -> RedirectResponse:  # noqa: A002 - the parameter's name
        """Send a browser to Entra."""
        begun = await begin_sign_in(service_of(request), _set_up(entra), _redirect_uri(request), local_path(next))
        answer = RedirectResponse(begun.url, 302)
        answer.set_cookie(value=begun.mark, max_age=int(LIFETIME.total_seconds()), **_mark_cookie(request))
        return answer

    @routes.get("/callback")
    async def finish(request: Request) -> Response:
        """Let in who comes back from Entra; what session the browser had before ends."""
        finished = await finish_sign_in(
            service_of(request),
            _set_up(entra),
            request.cookies.get(_mark_cookie(request)["key"]),
            request.query_params,
            ip=address_of_caller(request),
            agent=request.headers.get("user-agent"),
        )
        answer = await signed_in(request, finished.secret, finished.then)
        answer.delete_cookie(**_mark_cookie(request))
        return answer

    return routes


def _set_up(entra: Entra | None) -> Entra:
    if entra is None:
        raise NotFound(
            "sign_in_not_set_up",
            "Sign-in with Entra is not set up here.",
            "Sign in with name and password, or set AISOC_SIGN_IN_TENANT, AISOC_SIGN_IN_CLIENT_ID and "
            "AISOC_SIGN_IN_CLIENT_SECRET.",
        )
    return entra


def _redirect_uri(request: Request) -> str:
    """Return where Entra sends the browser back to: the address that people open, which the app registration knows."""
    public = service_of(request).settings.public_url or str(request.base_url)
    return public.rstrip("/") + _BACK


def _mark_cookie(request: Request) -> dict[str, Any]:
    """Return the cookie that binds a sign-in to its browser; Lax, as it comes back from Entra's site."""
    secure = is_secure(request, service_of(request).settings)
    name = f"__Host-{_MARK}" if secure else _MARK
    return {"key": name, "path": "/", "secure": secure, "httponly": True, "samesite": "lax"}
