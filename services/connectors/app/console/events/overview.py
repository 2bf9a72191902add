"""What stands above the table: how many events, of which time and severity, and when they happened."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from nicegui import ui

from app.console.charts import SeverityChart, severity_chart, severity_counts
from app.console.events.editing import (
    QUICK_RANGES,
    chosen_severities,
    quick_range,
    with_severity_switched,
    with_since,
    without_severities,
)
from app.console.parts import panel
from app.events.event import Severity
from app.search.query import Search
from app.search.refine import with_times
from app.service import Service
from app.storage.figures import Bar, Histogram, histogram
from app.storage.search import count

_COUNTED = 10_000
Asking = Callable[[str], Awaitable[None]]


class ResultsOverview:
    """The panel above the table; what is clicked in it asks for another search."""

    def __init__(self, ask: Asking) -> None:
        self._ask = ask
        self._text = ""
        self._chart: SeverityChart | None = None
        self._ranges: dict[str, ui.element] = {}
        self._severities: dict[Severity, tuple[ui.element, ui.label]] = {}
        with panel() as self._panel:
            self._panel.props('aria-label="Events over time"')
            with ui.element("div").classes("results-line"):
                self._total = ui.label(" ").classes("strong number total").props("role=status")
                self._draw_ranges()
                self._draw_severities()
            with ui.element("div").classes("chart-place") as self._place:
                ui.skeleton().classes("chart-skeleton")

    def _draw_ranges(self) -> None:
        with ui.element("div").classes("choices").props('role=group aria-label="Time"'):
            for age, word in QUICK_RANGES.items():
                button = _choice().on("click", lambda age=age: self._ask(with_since(self._text, age)))
                with button:
                    ui.label(word)
                self._ranges[age] = button

    def _draw_severities(self) -> None:
        with ui.element("div").classes("choices severities").props('role=group aria-label="Severity"'):
            for severity in reversed(Severity):
                button = _choice().on(
                    "click", lambda each=severity: self._ask(with_severity_switched(self._text, each))
                )
                with button:
                    ui.element("span").classes(f"dot dot-{severity}")
                    ui.label(severity.capitalize())
                    number = ui.label("").classes("quiet number")
                self._severities[severity] = (button, number)

    def set_visibility(self, *, there: bool) -> None:
        """Show the panel or not."""
        self._panel.set_visibility(there)

    def expect(self, text: str, search: Search) -> None:
        """Show what is asked for, before the figures are there."""
        self._text = text
        chosen, present = chosen_severities(search), quick_range(text)
        for age, button in self._ranges.items():
            button.props(f"aria-pressed={str(age == present).lower()}")
        for severity, (button, _) in self._severities.items():
            button.props(f"aria-pressed={str(severity in chosen).lower()}")

    async def count(self, service: Service, search: Search) -> None:
        """Show how many events there are, as far as counting is quick."""
        async with service.engine.connect() as connection:
            number = await count(connection, search, _COUNTED)
        self._total.text = total_words(number, capped=number >= _COUNTED)

    async def draw(self, service: Service, search: Search) -> None:
        """Show when they happened; the severities' numbers are of all, chosen or not."""
        async with service.engine.connect() as connection:
            whole = await histogram(connection, without_severities(search), service.clock.now())
        for severity, number in severity_counts(whole).items():
            self._severities[severity][1].text = f"{number:,}"
        chosen = of_severities(whole, chosen_severities(search))
        self._total.text = total_words(sum(bar.total for bar in chosen.bars))
        if self._chart is not None:
            self._chart.show(chosen)
            return
        self._place.clear()
        with self._place:
            self._chart = severity_chart(chosen, on_range=self._narrow)

    async def _narrow(self, since: datetime, until: datetime) -> None:
        await self._ask(with_times(self._text, since, until))


def total_words(number: int, *, capped: bool = False) -> str:
    """Return how many events there are: `1,234 events`, `10,000+ events` when counting ended there."""
    if number == 1 and not capped:
        return "1 event"
    return f"{number:,}{'+' if capped else ''} events" if number else "No events"


def of_severities(whole: Histogram, chosen: set[Severity]) -> Histogram:
    """Return the part of a histogram that is about some severities."""
    bars = (Bar(bar.at, {each: number for each, number in bar.counts.items() if each in chosen}) for bar in whole.bars)
    return Histogram(whole.bucket, whole.since, whole.until, tuple(bars))


def _choice() -> ui.element:
    return ui.element("button").classes("choice").props("type=button aria-pressed=false")
