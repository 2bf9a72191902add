"""The pages before the console: signing in and out, the first set-up, choosing a password."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.errors import AisocError, InvalidInput, NotFound
from app.security.links import choose_password, set_up, whose_link
from app.security.login import log_in
from app.security.passwords import LEAST_LENGTH
from app.security.sessions import end_session
from app.storage.users import UserRow, any_user
from app.web.access import Public, address_of_caller, find_actor, service_of
from app.web.cookies import delete_session_cookie, session_cookie, set_session_cookie
from app.web.forms import local_path, read_form
from app.web.problems import problem_headers, status_of
from app.web.templates import page

pages = APIRouter(dependencies=[Public], include_in_schema=False)


@pages.get("/sign-in")
async def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - the query's own name
    """Ask for name and password; who is signed in goes on."""
    service = service_of(request)
    if await find_actor(service, session_cookie(request, service.settings), address_of_caller(request)):
        return RedirectResponse(local_path(next), 303)
    return await _sign_in_page(request, local_path(next))


@pages.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Sign in with a new session; what session the browser had before ends."""
    form = await read_form(request)
    name, where = form.get("name", ""), local_path(form.get("next"))
    try:
        secret = await log_in(service_of(request), name, form.get("password", ""), **_from(request))
    except AisocError as error:
        return await _sign_in_page(request, where, error=error, name=name)
    return await signed_in(request, secret, where)


@pages.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session, on the server too."""
    service = service_of(request)
    if secret := session_cookie(request, service.settings):
        await end_session(service, secret, address_of_caller(request))
    response = RedirectResponse("/sign-in", 303)
    delete_session_cookie(response, request, service.settings)
    return response


@pages.get("/set-up")
async def show_set_up(request: Request, link: str = "") -> Response:
    """Ask for the first admin's name and password."""
    await _need_set_up_link(request, link)
    return _choose_page(request, None)


@pages.post("/set-up")
async def first_admin(request: Request, link: str = "") -> Response:
    """Make the first admin and sign them in."""
    await _need_set_up_link(request, link)
    form = await read_form(request)
    name = form.get("name", "")
    try:
        _need_equal(form)
        secret = await set_up(service_of(request), link, name, form.get("password", ""), **_from(request))
    except InvalidInput as error:
        return _choose_page(request, None, error=error, name=name)
    return await signed_in(request, secret, "/")


@pages.get("/password")
async def show_password(request: Request, link: str = "") -> Response:
    """Ask for a new password."""
    return _choose_page(request, await _need_password_link(request, link))


@pages.post("/password")
async def new_password(request: Request, link: str = "") -> Response:
    """Set a password and sign in with it."""
    user = await _need_password_link(request, link)
    form = await read_form(request)
    try:
        _need_equal(form)
        secret = await choose_password(service_of(request), link, form.get("password", ""), **_from(request))
    except InvalidInput as error:
        return _choose_page(request, user, error=error)
    return await signed_in(request, secret, "/")


async def signed_in(request: Request, secret: str, where: str) -> Response:
    """Return the answer that brings a browser its new session, in place of the one before, and leads it on."""
    service = service_of(request)
    if former := session_cookie(request, service.settings):
        await end_session(service, former, address_of_caller(request))
    response = RedirectResponse(where, 303)
    set_session_cookie(response, request, service.settings, secret)
    return response


async def _sign_in_page(request: Request, where: str, error: AisocError | None = None, name: str = "") -> Response:
    service = service_of(request)
    async with service.engine.connect() as connection:
        anybody = await any_user(connection)
    settings = service.settings
    entra = f"/sign-in/entra?next={quote(where, safe='/')}" if settings.sign_in_tenant else None
    return _form_page(request, "sign_in.html", error, anybody=anybody, entra=entra, where=where, name=name[:100])


def _choose_page(request: Request, user: UserRow | None, error: InvalidInput | None = None, name: str = "") -> Response:
    return _form_page(
        request, "choose.html", error, user=user.name if user else None, least=LEAST_LENGTH, name=name[:100]
    )


def _form_page(request: Request, template: str, error: AisocError | None, **facts: Any) -> Response:
    """Return a page with a form, and what was wrong with what was sent before."""
    if error is None:
        return page(template, error=None, **facts)
    headers = problem_headers(error, service_of(request).clock.now())
    return page(template, status_of(error), headers, error=error, **facts)


async def _need_set_up_link(request: Request, link: str) -> None:
    if await whose_link(service_of(request), link) is not None:
        raise NotFound("link_invalid", "This link is not for the set-up.", "Open it as it was given to you.")


async def _need_password_link(request: Request, link: str) -> UserRow:
    user = await whose_link(service_of(request), link)
    if user is None:
        raise NotFound("link_invalid", "This link is not for a password.", "Open it as it was given to you.")
    return user


def _need_equal(form: dict[str, str]) -> None:
    if form.get("password") != form.get("again"):
        raise InvalidInput("passwords_differ", "The two passwords differ.", "Type the same password twice.")


def _from(request: Request) -> dict[str, str | None]:
    """Return where a request comes from, for the session's list."""
    return {"ip": address_of_caller(request), "agent": request.headers.get("user-agent")}
