"""The drawer beside the queue that shows one alert."""

from asyncio import Lock
from uuid import UUID

from nicegui import ui

from app.console.alerts.acting import Acting
from app.console.alerts.browser import Browser
from app.console.alerts.detail import Detail, read_whole
from app.console.parts import empty, tag
from app.console.view import View
from app.errors import NotFound
from app.service import Service
from app.storage.alert_queries import AlertRow


class AlertDrawer:
    """A panel at the right, over everything on a phone; empty while it is closed."""

    def __init__(self, view: View, browser: Browser, acting: Acting) -> None:
        self._view, self._browser, self._acting = view, browser, acting
        self.alert_id: UUID | None = None
        self._detail: Detail | None = None
        self._opening = Lock()
        self._place = ui.element("div")

    @property
    def alert(self) -> AlertRow | None:
        """The alert that is shown."""
        return self._detail.alert if self._detail else None

    async def open(self, alert_id: UUID) -> None:
        """Show an alert."""
        async with self._opening:
            if alert_id != self.alert_id:
                await self._open(alert_id)

    async def _open(self, alert_id: UUID) -> None:
        service = await self._view.service()
        try:
            read = await read_whole(service, alert_id)
        except NotFound:
            read = None
        self.alert_id, self._detail = alert_id, None
        self._place.clear()
        drawn = "event-drawer alert-drawer"
        with self._place, ui.element("aside").classes(drawn).props('aria-label="Alert" tabindex=-1'):
            with ui.element("div").classes("event-head"):
                tag("h2", read.detail.alert.title if read else "No such alert", "wrap")
                _tools(alert_id)
            with ui.element("div").classes("event-body alert-body"):
                if read is None:
                    empty("search_off", "This alert is not here", "Its link may come from another AiSOC.")
                else:
                    self._detail = Detail(self._view, self._acting, read, columns=False)
        self._browser.tell("read")

    async def refresh(self, service: Service) -> None:
        """Show what has changed of the alert."""
        detail, shown = self._detail, self.alert_id
        if detail is not None and shown is not None:
            read = await read_whole(service, shown)
            if detail is self._detail:
                detail.show(read)

    def close(self) -> None:
        """Put the alert away."""
        self.alert_id = self._detail = None
        self._place.clear()


def _tools(alert_id: UUID) -> None:
    permalink = f"/alerts/{alert_id}"
    button = ui.button(icon="link", color=None).props('flat round dense aria-label="Copy the link"')
    button.props["data-copy"] = permalink
    button.on("click", js_handler="(e) => aisocCopy(location.origin + e.currentTarget.dataset.copy)")
    button.on("click", lambda: ui.notify("The link is copied.", timeout=1500))
    button.tooltip("Copy the link")
    full = ui.button(icon="open_in_full", color=None, on_click=lambda: ui.navigate.to(permalink))
    full.props('flat round dense aria-label="Open on its own page"').tooltip("Open on its own page")
    close = ui.button(icon="close", color=None).props('flat round dense aria-label="Close"').tooltip("Close")
    close.on("click", js_handler='() => emitEvent("aisoc_close")')
