"""The drawer beside the table that shows one event."""

from uuid import UUID

from nicegui import ui

from app.console.events.details import Reading, draw_event
from app.console.events.table import Browser
from app.console.parts import empty, tag
from app.console.view import View
from app.storage.search import read_event


class Drawer:
    """A panel at the right, over everything on a phone; empty while it is closed."""

    def __init__(self, view: View, browser: Browser, reading: Reading) -> None:
        self._view, self._browser, self._reading = view, browser, reading
        self.event_id: UUID | None = None
        self._place = ui.element("div")

    async def open(self, event_id: UUID) -> None:
        """Show an event."""
        service = await self._view.service()
        async with service.engine.connect() as connection:
            stored = await read_event(connection, event_id)
        self.event_id = event_id
        self._place.clear()
        with self._place, ui.element("aside").classes("event-drawer").props('aria-label="Event" tabindex=-1'):
            self._head(event_id, stored.event.title if stored else "No such event")
            with ui.element("div").classes("event-body"):
                if stored is None:
                    empty("search_off", "This event is not stored here", "Its link may come from another AiSOC.")
                else:
                    draw_event(self._view, stored, self._reading)
        self._browser.tell("read")

    def close(self) -> None:
        """Put the event away; the keyboard goes back to the table."""
        self.event_id = None
        self._place.clear()
        self._browser.tell("focus")

    def _head(self, event_id: UUID, title: str) -> None:
        with ui.element("div").classes("event-head"):
            tag("h2", title, "wrap")
            permalink = f"/events/{event_id}"
            button = ui.button(icon="link", color=None).props('flat round dense aria-label="Copy the link"')
            button.props["data-copy"] = permalink
            button.on("click", js_handler="(e) => aisocCopy(location.origin + e.currentTarget.dataset.copy)")
            button.on("click", lambda: ui.notify("The link is copied.", timeout=1500))
            button.tooltip("Copy the link")
            full = ui.button(icon="open_in_full", color=None, on_click=lambda: ui.navigate.to(permalink))
            full.props('flat round dense aria-label="Open on its own page"').tooltip("Open on its own page")
            close = ui.button(icon="close", color=None).props('flat round dense aria-label="Close"').tooltip("Close")
            close.on("click", js_handler='() => emitEvent("aisoc_close")')
