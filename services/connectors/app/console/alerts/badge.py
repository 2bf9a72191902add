"""How many new alerts there are, beside the way to them on every page."""

from collections.abc import Callable

from nicegui import ui
from sqlalchemy.exc import DBAPIError

from app.console.live import text
from app.console.view import View
from app.detection.alerts import count_alerts
from app.errors import AisocError, NotSignedIn

_SECONDS = 15
_MOST = 999


def new_alerts(view: View) -> Callable[[], None]:
    """Draw the number of alerts that nobody has taken yet; nothing while there is none.

    Returns what begins to count: to be called when the page is drawn, as a timer that waits for the browser has the
    page sent off as it is.
    """
    timer: ui.timer
    with ui.element("span").classes("place-count") as badge:
        number = ui.label().classes("inline number")
        ui.label(" new").classes("unseen")
    badge.set_visibility(False)

    async def look() -> None:
        try:
            counted = await count_alerts(await view.service())
        except NotSignedIn:
            timer.cancel()  # the page's next action tells it, and keeps what was typed until then
        except (AisocError, DBAPIError):
            return  # what is wrong with the database the page itself tells
        else:
            new = counted.by_status["new"]
            text(number, f"{new:,}" if new <= _MOST else f"{_MOST:,}+")
            badge.set_visibility(new > 0)

    def begin() -> None:
        nonlocal timer
        timer = ui.timer(_SECONDS, look)

    return begin
