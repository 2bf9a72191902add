"""A page in somebody's browser: who looks at it, and the service in their hands for each thing that they do."""

from urllib.parse import quote

from fastapi import Request
from nicegui import ui
from sqlalchemy.exc import DBAPIError

from app.errors import AisocError, NotSignedIn
from app.log import get_logger
from app.security.roles import Actor, Role
from app.service import Service
from app.storage.database import database_problem
from app.web.access import find_caller, service_of

_log = get_logger(__name__)
_SHOWN_MS = 8000


class View:
    """What a page knows of its visitor. caller: who opened it; what they may do is asked anew for each action.

    search_box: the one in the frame, once that is drawn. keys: what keys do on this page alone, for the help.
    """

    search_box: ui.input

    def __init__(self, request: Request, caller: Actor) -> None:
        self.request = request
        self.caller = caller
        self.keys: list[tuple[str, str]] = []
        self._service = service_of(request)

    def may(self, role: Role) -> bool:
        """Whether to draw what needs a role; the action itself is checked again."""
        return self.caller.role.covers(role)

    async def service(self) -> Service:
        """Return the service in the visitor's hands. Raises NotSignedIn when the session has ended meanwhile."""
        return self._service.acting_as(await find_caller(self.request))

    def tell(self, error: Exception) -> None:
        """Show why something did not work, and what to do; who is signed out is led to the door."""
        match error:
            case NotSignedIn():
                ui.navigate.to(sign_in_path(self.request))
            case AisocError():
                show_problem(error)
            case DBAPIError():
                show_problem(database_problem(error, self._service.engine.url))
            case _:
                _log.error("console_failed", page=self.request.url.path, exc_info=error)
                ui.notify("This did not work, for a reason AiSOC does not know. The log has it.", type="negative")


def show_problem(error: AisocError) -> None:
    """Show an error as its sentence and its remedy."""
    ui.notify(
        error.message, caption=error.remedy, type="negative", timeout=_SHOWN_MS, multi_line=True, close_button="Close"
    )


def sign_in_path(request: Request) -> str:
    """Return the door's address that leads back to this page."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(here, safe='/')}"
