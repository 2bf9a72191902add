"""The demo's own door: a link that signs the browser in; only in the demo's own store, which is gone when it ends."""

import hmac

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.errors import NotFound
from app.security.bearer import make_secret
from app.security.roles import Role
from app.security.sessions import start_session
from app.security.users import add_user
from app.service import Service
from app.web.access import Public, address_of_caller, service_of
from app.web.cookies import set_session_cookie


async def open_demo_door(service: Service) -> tuple[APIRouter, str]:
    """Return the route that signs everybody with its link in as the admin `demo`, and its path with the link."""
    user, secret = await add_user(service, "demo", Role.ADMIN), make_secret()
    door = APIRouter(dependencies=[Public], include_in_schema=False)

    @door.get("/demo")
    async def enter(request: Request, link: str = "") -> Response:
        if not hmac.compare_digest(link.encode("utf-8", "surrogatepass"), secret.encode()):
            raise NotFound("link_invalid", "This is not the demo's link.", "Open the link that the demo printed.")
        service, ip = service_of(request), address_of_caller(request)
        async with service.engine.begin() as connection:
            session = await start_session(connection, service, user, ip=ip, agent=None, by="demo")
        response = RedirectResponse("/", 303)
        set_session_cookie(response, request, service.settings, session)
        return response

    return door, f"/demo?link={secret}"
