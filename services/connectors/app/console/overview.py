"""Overview: what needs attention first, what happened lately, and whether we see everything."""

from datetime import datetime

from nicegui import ui

from app.console.charts import SeverityChart, severity_chart
from app.console.live import Region, pulse
from app.console.overview_figures import DAY, WEEK, Overview, read_overview
from app.console.overview_parts import (
    ConnectorTable,
    draw_alarms,
    draw_attention,
    draw_figures,
    draw_first_steps,
    draw_open_alerts,
    draw_top,
    figures_of,
    search_path,
)
from app.console.pages import page
from app.console.parts import panel, tag
from app.console.view import View
from app.console.watching import midnight_of
from app.search.refine import with_times
from app.service import Service
from app.storage.figures import Histogram

_SECONDS = 10
_SPANS = {DAY: "24 hours", WEEK: "7 days"}


@page("/", "Overview")
async def overview(view: View) -> None:
    """Draw the overview."""
    tag("h1", "Overview")
    shown = _Overview(view)
    await shown.refresh(await view.service())
    pulse(view, _SECONDS, shown.refresh)


class _Overview:
    """The page's parts; each is drawn when there is something to show in it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._span = DAY
        self._chart: SeverityChart | None = None
        self._drawn: Histogram | None = None
        self._steps = Region(lambda wanted: draw_first_steps(view) if wanted else None)
        with ui.element("div").classes("stack") as self._body:
            self._attention = Region(draw_attention)
            self._alerts = Region(draw_open_alerts)
            self._figures = Region(draw_figures)
            self._draw_chart_panel()
            with panel("Connectors"):
                self._connectors = ConnectorTable()
            self._draw_activity()

    async def refresh(self, service: Service) -> None:
        """Read and show everything."""
        self.show(await read_overview(service, self._span))

    def show(self, told: Overview) -> None:
        """Show what was read."""
        collection, activity = told.collection, told.activity
        begun = bool(collection.watched) or any(bar.total for bar in activity.shown.bars)
        self._steps.show(not begun)
        self._body.set_visibility(begun)
        self._attention.show(collection.needed, bool(collection.enabled))
        self._alerts.show(told.alerts.by_severity, told.alerts.by_status["new"])
        self._figures.show(figures_of(told))
        self._show_chart(told)
        self._connectors.show(collection.watched, told.now)
        self._actors.show(activity.actors)
        self._operations.show(activity.operations)
        self._alarms.show(activity.alarms, midnight_of(told.now))

    def _show_chart(self, told: Overview) -> None:
        histogram = told.activity.shown
        if self._chart is None:
            with self._chart_place:
                self._chart = severity_chart(histogram, link=_bar_path)
        elif histogram != self._drawn:
            self._chart.show(histogram)
        self._drawn = histogram

    def _draw_chart_panel(self) -> None:
        with ui.element("section").classes("panel"):
            with ui.element("div").classes("title-line"):
                tag("h2", "Events by severity")
                spans = ui.toggle(_SPANS, value=DAY, on_change=lambda change: self._choose(change.value))
                spans.props('dense no-caps unelevated aria-label="Time shown"').classes("spans")
            self._chart_place = ui.element("div").classes("chart-place")

    async def _choose(self, span: str) -> None:
        self._span = span if span in _SPANS else DAY
        await self.refresh(await self._view.service())

    def _draw_activity(self) -> None:
        with ui.element("div").classes("halves"):
            with panel("Top actors of 24 hours"):
                self._actors = Region(lambda top: draw_top("actor", top))
            with panel("Top operations of 24 hours"):
                self._operations = Region(lambda top: draw_top("operation", top))
        with panel("Latest high and critical events"):
            self._alarms = Region(draw_alarms, "scroll")


def _bar_path(since: datetime, until: datetime) -> str:
    return search_path(with_times("", since, until))
