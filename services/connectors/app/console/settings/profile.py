"""Settings: one's own profile, password and sessions."""

from datetime import datetime

from nicegui import ui

from app.console.inputs import SecretInput, hinted
from app.console.pages import page
from app.console.parts import facts, finding, panel
from app.console.settings.common import ask, table, tabs, when
from app.console.view import View, sign_in_path
from app.errors import AisocError, NotSignedIn
from app.security.bearer import hash_secret
from app.security.own_password import change_own_password
from app.security.passwords import LEAST_LENGTH
from app.security.sessions import end_own_session, end_own_sessions, list_own_sessions
from app.storage.sessions import SessionRow
from app.storage.users import UserRow, get_user
from app.web.cookies import session_cookie

_PATH = "/settings/profile"
_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
# The first that fits: Android calls itself Linux too, and an iPhone is like a Mac.
_SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad"}
_SYSTEMS |= {"Mac OS": "macOS", "Linux": "Linux"}


@page("/settings", "Settings")
@page(_PATH, "Profile")
async def profile_page(view: View) -> None:
    """Draw who one is, and what is one's own."""
    tabs(view, _PATH)
    service = await view.service()
    if service.actor.user_id is None:
        raise NotSignedIn("not_signed_in", "Nobody is signed in.", "Sign in.")
    async with service.engine.connect() as connection:
        user = await get_user(connection, service.actor.user_id)
    with ui.element("div").classes("halves"):
        with panel("You"):
            facts([("Name", user.name), ("Role", user.role.value), ("Signs in with", _way(user))])
        with panel("Password"):
            if user.subject is None:
                _password(view)
            else:
                ui.label("You sign in with Entra and have no password here.").classes("quiet")
    with panel("Your sessions"):
        sessions = _Sessions(view)
        with ui.row().classes("panel-line"):
            ui.label("Where you are signed in.").classes("quiet grow")
            ui.button("End all others", on_click=sessions.end_others, color=None).props("outline dense")
        sessions.place = ui.element("div").classes("place-of-rows")
    await sessions.draw()


def _way(user: UserRow) -> str:
    return "Entra" if user.subject else "password"


def _password(view: View) -> None:
    problem = ui.element("div").props('role="alert"').classes("form-problem")
    current = hinted(SecretInput("Current password *", autocomplete="current-password"), "")
    new = SecretInput("New password *")
    hinted(new, f"{LEAST_LENGTH} characters or more.")
    for field in (current, new):
        field.classes("form-field")

    async def change() -> None:
        problem.clear()
        try:
            await change_own_password(await view.service(), current.value or "", new.value or "")
        except NotSignedIn:
            raise
        except AisocError as error:
            with problem:
                finding("error", error.message, error.remedy)
            return
        ui.navigate.to(sign_in_path(view.request))

    ui.label("All of your sessions end, this one too: you sign in again.").classes("quiet small")
    ui.button("Change password", on_click=change).props("unelevated").classes("own-width")


class _Sessions:
    def __init__(self, view: View) -> None:
        self._view = view
        self.place: ui.element

    async def draw(self) -> None:
        service = await self._view.service()
        secret = session_cookie(self._view.request, service.settings)
        this = hash_secret(secret) if secret else None
        sessions = await list_own_sessions(service)
        self.place.clear()
        with self.place, table("Your sessions", ("Browser", "From", "Began", "Last seen", "Ends", "")):
            for session in sessions:
                self._row(session, service.clock.now(), this=session.hash == this)

    def _row(self, session: SessionRow, now: datetime, *, this: bool) -> None:
        with ui.element("tr"):
            with ui.element("td"):
                ui.label(browser_name(session.agent)).classes("strong").tooltip(session.agent or "unknown")
            with ui.element("td"):
                ui.label(session.ip or "unknown")
            when(session.created_at, now)
            when(session.seen_at, now)
            when(session.expires_at, now)
            with ui.element("td").classes("actions"):
                if this:
                    ui.label("this one").classes("chip health-healthy")
                else:
                    button = ui.button("End", on_click=lambda: self._end(session), color=None).props("flat dense")
                    button.props["aria-label"] = f"End the session of {browser_name(session.agent)}"

    async def _end(self, session: SessionRow) -> None:
        await end_own_session(await self._view.service(), session.id)
        await self.draw()

    async def end_others(self) -> None:
        """End all sessions but this one."""
        if not await ask("End all other sessions?", "You stay signed in here alone.", "End them"):
            return
        service = await self._view.service()
        ended = await end_own_sessions(service, session_cookie(self._view.request, service.settings))
        with self.place:
            ui.notify(f"{ended} sessions ended." if ended != 1 else "1 session ended.")
        await self.draw()


def browser_name(agent: str | None) -> str:
    """Return a browser's name as people know it; what cannot be told is unknown."""
    agent = agent or ""
    browser = next((name for mark, name in _BROWSERS.items() if mark in agent), "Unknown browser")
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), None)
    return f"{browser} on {system}" if system else browser
