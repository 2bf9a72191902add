"""The alerts' page: the queue, and one alert beside it."""

from urllib.parse import parse_qsl
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.console.alerts.acting import Acting, assign_menu
from app.console.alerts.asked import Asked, as_id, asked_from
from app.console.alerts.browser import Browser
from app.console.alerts.drawer import AlertDrawer
from app.console.alerts.filters import Filters
from app.console.alerts.keys import listen_to_keys
from app.console.alerts.known_rules import rule_titles
from app.console.alerts.nothing import draw_nothing, why_nothing
from app.console.alerts.rows import QueueRows
from app.console.alerts.tabs import alert_tabs
from app.console.connector_words import number
from app.console.live import Region, pulse, text
from app.console.pages import page
from app.console.view import View
from app.detection.alerts import MOST_AT_ONCE, count_alerts, list_alerts
from app.security.roles import Role
from app.service import Service
from app.storage.alert_queries import AlertCounts, AlertRow

_SECONDS = 5
_ROWS = 50
_MOST_ROWS = MOST_AT_ONCE


@page("/alerts", "Alerts")
async def alerts(view: View, alert: str = "") -> None:
    """Draw the queue as its address asks for it."""
    shown = QueuePage(view, asked_from(view.request.query_params))
    await shown.refresh(await view.service())
    if (chosen := as_id(alert)) is not None:
        await shown.follow(chosen)
    pulse(view, _SECONDS, shown.refresh)
    ui.timer(0.01, shown.know_rules, once=True)


class QueuePage:
    """One browser's queue."""

    def __init__(self, view: View, asked: Asked) -> None:
        self._view, self._asked = view, asked
        self._browser = Browser()
        self._most = _ROWS
        self._alerts: dict[UUID, AlertRow] = {}
        self._chosen: list[UUID] = []
        self._may_work = view.may(Role.ANALYST)
        self._acting = Acting(view, self._again)
        with alert_tabs("/alerts"):
            self._total = ui.label().classes("quiet number").props("role=status")
        self._filters = Filters(self.ask, asked)
        self._bar = self._draw_bar()
        self._rows = QueueRows(self._browser, self.follow, may_work=self._may_work)
        self._more = ui.button("Show more", on_click=self._show_more, color=None).props("outline").classes("show-more")
        self._nothing = Region(lambda why: draw_nothing(why, self.ask) if why else None, "nothing-place")
        self._drawer = AlertDrawer(view, self._browser, self._acting)
        self._listen()

    def _listen(self) -> None:
        listen_to_keys(self._view, self._acting, self._meant, self._note)
        ui.on("aisoc_alert_open", self._open)
        ui.on("aisoc_alerts_chosen", self._choose)
        ui.on("aisoc_alerts_address", self._moved)
        ui.on("aisoc_close", self._close)

    def _draw_bar(self) -> ui.element:
        """Draw what can be done with several at once; it is there while some are chosen."""
        with ui.element("div").classes("alert-bar").props('role=group aria-label="With the chosen alerts"') as bar:
            if self._may_work:
                with ui.element("label").classes("choose-all"):
                    ui.element("input").classes("alert-choice-all").props("type=checkbox")
                    self._number = ui.label("All of these").classes("inline")
                self._acts = ui.row().classes("alert-acts")
                with self._acts:
                    ui.button("Take", icon="pan_tool_alt", on_click=self._take, color=None).props("outline dense")
                    with ui.button("Assign", icon="person_add_alt", color=None).props("outline dense"):
                        assign_menu(self._acting, self._view, self._those_chosen)
                    close = ui.button("Close…", icon="task_alt", color=None).props("outline dense")
                    close.on_click(lambda: self._acting.ask_to_close(self._those_chosen()))
                self._acts.set_visibility(False)
        bar.set_visibility(False)
        return bar

    async def ask(self, asked: Asked, *, push: bool = True) -> None:
        """Show the alerts that are asked for. push: make the address one to come back to."""
        self._asked, self._most = asked, _ROWS
        self._address(push=push)
        await self._again()

    async def refresh(self, service: Service) -> None:
        """Read the queue, and show what has changed."""
        asked, most = self._asked, self._most
        page = await list_alerts(service, asked.filter, most, order=asked.sorting)
        counts = await count_alerts(service, asked.filter)
        why = None if page.alerts else await why_nothing(service, asked)
        if (asked, most) == (self._asked, self._most):  # else something else was asked for meanwhile
            self._filters.show(asked, counts)
            self._nothing.show(why)
            self._rows.show(page.alerts, service.clock.now())
            self._more.set_visibility(page.next_cursor is not None and most < _MOST_ROWS)
            self._count(page.alerts, counts)
        await self._drawer.refresh(service)

    def _count(self, shown: tuple[AlertRow, ...], counts: AlertCounts) -> None:
        self._alerts = {alert.id: alert for alert in shown}
        new = counts.by_status["new"]
        text(self._total, f"{number(new, 'new alert')}, {counts.by_status['in_progress']:,} in progress")
        self._bar.set_visibility(self._may_work and bool(shown))
        if not self._alerts.keys() >= set(self._chosen):
            self._browser.tell("chosen")

    async def _again(self) -> None:
        await self.refresh(await self._view.service())

    async def _show_more(self) -> None:
        self._most = min(self._most + _ROWS, _MOST_ROWS)
        await self._again()

    async def know_rules(self) -> None:
        """Offer the rules to filter by, once they are read."""
        self._filters.know_rules(await rule_titles(await self._view.service()))

    def _address(self, *, push: bool) -> None:
        self._browser.tell("address", self._asked.beside(str(self._drawer.alert_id or "")), push)

    async def _moved(self, event: GenericEventArguments) -> None:
        """Go where the browser's back and forward lead."""
        told = dict(parse_qsl(str(event.args)))
        chosen = as_id(told.get("alert"))
        if chosen is None:
            self._drawer.close()
        await self.ask(asked_from(told), push=False)
        if chosen is not None:
            await self.follow(chosen)

    async def _open(self, event: GenericEventArguments) -> None:
        if (chosen := as_id(event.args)) is not None:
            await self.follow(chosen)

    async def follow(self, alert_id: UUID) -> None:
        """Show an alert beside the queue."""
        await self._drawer.open(alert_id)
        self._address(push=False)
        self._browser.tell("mark", str(alert_id))

    def _close(self) -> None:
        left = self._drawer.alert_id
        self._drawer.close()
        self._address(push=False)
        self._browser.tell("back", str(left))

    def _choose(self, event: GenericEventArguments) -> None:
        told = event.args if isinstance(event.args, list) else []
        self._chosen = [chosen for each in told[:_MOST_ROWS] if (chosen := as_id(each)) is not None]
        count = len(self._chosen)
        self._number.set_text(f"{count:,} chosen" if count else "All of these")
        self._acts.set_visibility(bool(count))

    def _those_chosen(self) -> list[AlertRow]:
        return [self._alerts[each] for each in self._chosen if each in self._alerts]

    async def _take(self) -> None:
        await self._acting.take(self._those_chosen())

    def _meant(self, ids: list[UUID]) -> list[AlertRow]:
        """Return the alerts that a key is about: the one beside the queue, or some of its rows."""
        beside = self._drawer.alert
        return [beside] if beside else [self._alerts[each] for each in ids if each in self._alerts]

    async def _note(self, alert: AlertRow) -> None:
        """Lead to where a note on an alert is written."""
        if self._drawer.alert_id != alert.id:
            await self.follow(alert.id)
        self._browser.tell("note")
