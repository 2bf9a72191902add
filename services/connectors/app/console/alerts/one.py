"""An alert's own page, which its link opens."""

from uuid import UUID

from nicegui import ui

from app.console.alerts.acting import Acting
from app.console.alerts.asked import as_id
from app.console.alerts.browser import Browser
from app.console.alerts.detail import Detail, Whole, read_whole
from app.console.alerts.keys import listen_to_keys
from app.console.live import pulse
from app.console.pages import page
from app.console.parts import empty, titled
from app.console.view import View
from app.errors import NotFound
from app.service import Service
from app.storage.alert_queries import AlertRow

_SECONDS = 5


@page("/alerts/{alert_id}", "Alert")
async def one_alert(view: View, alert_id: str) -> None:
    """Draw one alert."""
    whole = await _read(await view.service(), alert_id)
    if whole is None:
        with titled("Alert"):
            pass
        empty("search_off", "This alert is not here", "Its link may come from another AiSOC.")
        ui.link("All alerts", "/alerts")
        return
    with titled(whole.detail.alert.title):
        queue = ui.button("In the queue", icon="inbox", color=None).props("outline")
        queue.on_click(lambda: ui.navigate.to(f"/alerts?alert={whole.detail.alert.id}"))
    shown = _Shown(view, whole)
    pulse(view, _SECONDS, shown.refresh)


async def _read(service: Service, told: str) -> Whole | None:
    alert_id = as_id(told)
    if alert_id is None:
        return None
    try:
        return await read_whole(service, alert_id)
    except NotFound:
        return None


class _Shown:
    """The alert, and the keys that act on it."""

    def __init__(self, view: View, whole: Whole) -> None:
        self._view = view
        acting = Acting(view, self._again)
        self._detail = Detail(view, acting, whole, columns=True)
        only = ui.element("span").props("hidden")
        only.props["data-only-alert"] = str(whole.detail.alert.id)
        self._browser = Browser()
        listen_to_keys(view, acting, self._meant, self._note, queue=False)

    async def refresh(self, service: Service) -> None:
        """Show what has changed."""
        self._detail.show(await read_whole(service, self._detail.alert.id))

    async def _again(self) -> None:
        await self.refresh(await self._view.service())

    def _meant(self, _ids: list[UUID]) -> list[AlertRow]:
        return [self._detail.alert]

    async def _note(self, _alert: AlertRow) -> None:
        self._browser.tell("note")
