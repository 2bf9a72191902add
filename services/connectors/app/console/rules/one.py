"""One rule: what it looks for and why, what it found, how it is written, hunts with it."""

from uuid import UUID

from nicegui import ui

from app.console.charts import SeverityChart, severity_chart
from app.console.live import Region, pulse, text
from app.console.pages import page
from app.console.parts import empty, panel, severity_chip, tag, titled
from app.console.rules.common import switch
from app.console.rules.explaining import ask_event
from app.console.rules.figures import OneRule, read_one_rule
from app.console.rules.hits import days_in_words, draw_alerts, histogram_of
from app.console.rules.hunting import Hunts, ask_hunt
from app.console.rules.told import draw_about, draw_facts, draw_source
from app.console.view import View
from app.security.roles import Role
from app.service import Service
from app.storage.figures import Histogram

_SECONDS = 1.5


@page("/rules/{rule_id:uuid}", "Rule")
async def one_rule(view: View, rule_id: UUID) -> None:
    """Draw a rule's page."""
    told = await read_one_rule(await view.service(), str(rule_id))
    if told is None:
        tag("h1", "Rule")
        with panel():
            empty("search_off", "There is no such rule", "Its file may have been removed. Its alerts are still there.")
            ui.link("All rules", "/rules")
        return
    ui.page_title(f"{told.each.rule.title} · AiSOC")
    pulse(view, _SECONDS, _OneRule(view, told).refresh)


class _OneRule:
    """The page's parts."""

    def __init__(self, view: View, told: OneRule) -> None:
        self._view, self._rule, self._told = view, told.each.rule, told
        self._chart: SeverityChart | None = None
        self._drawn: Histogram | None = None
        self._draw_head()
        with ui.element("div").classes("split"):
            with ui.element("div").classes("stack"):
                self._about = Region(draw_about, "stack")
                with panel("Alerts a day"):
                    self._said = ui.label().classes("quiet small")
                    self._chart_place = ui.element("div").classes("chart-place rule-chart")
                with panel("Latest alerts"):
                    self._alerts = Region(draw_alerts)
                with panel("Hunts"):
                    self._hunts = Hunts(view)
            with ui.element("div").classes("stack"), panel("Rule"):
                self._facts = Region(draw_facts)
        self._source = Region(draw_source, "stack")
        self.show(told)

    async def refresh(self, service: Service) -> None:
        """Read and show everything."""
        told = await read_one_rule(service, self._rule.id)
        if told is None:
            ui.navigate.to("/rules")
        else:
            self.show(told)

    def show(self, told: OneRule) -> None:
        """Show what was read."""
        self._told, self._rule = told, told.each.rule
        rule = told.each.rule
        self._state.show(told.each.on)
        self._about.show(rule, told.titles)
        self._facts.show(rule, told.served)
        self._source.show(rule)
        self._show_chart(told)
        self._alerts.show(told.alerts, told.now.date())
        self._hunts.show(told.hunts, told.now)

    def _show_chart(self, told: OneRule) -> None:
        histogram = histogram_of(told.each, told.now)
        text(self._said, days_in_words(told.each))
        self._chart_place.set_visibility(told.each.hits > 0)
        if self._chart is None:
            with self._chart_place:
                self._chart = severity_chart(histogram)
        elif histogram != self._drawn:
            self._chart.show(histogram)
        if histogram != self._drawn:
            self._chart.element.props["aria-label"] = days_in_words(told.each)
        self._drawn = histogram

    def _draw_head(self) -> None:
        ui.link("All rules", "/rules").classes("back small")
        with titled(self._rule.title):
            with ui.element("div").classes("chip-place"):
                severity_chip(self._rule.severity)
            with ui.element("div").classes("buttons"):
                self._state = Region(self._draw_state, "rule-state")
                ui.button("Explain …", icon="account_tree", on_click=self._explain).props("outline")
                if self._view.may(Role.ANALYST):
                    ui.button("Hunt …", icon="travel_explore", on_click=self._hunt).props("unelevated")

    def _draw_state(self, on: bool) -> None:
        if self._view.may(Role.ANALYST):
            drawn = ui.switch("On" if on else "Off", value=on).props("dense")
            drawn.props["aria-label"] = "The rule is on"
            drawn.on_value_change(lambda change: self._switch(on=change.value is True))
        else:
            ui.label("On" if on else "Off").classes("chip health-healthy" if on else "chip health-paused")

    async def _switch(self, *, on: bool) -> None:
        await switch(self._view, self._rule.id, on=on)
        await self.refresh(await self._view.service())

    def _hunt(self) -> None:
        ask_hunt(self._view, self._rule)

    def _explain(self) -> None:
        ask_event(self._view, self._rule)
