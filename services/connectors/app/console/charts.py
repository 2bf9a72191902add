"""Charts that several pages draw, in the theme's own colours and with their content in words."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.events.event import Severity
from app.storage.figures import Bar, Histogram

Range = Callable[[datetime, datetime], Awaitable[None] | None]
Link = Callable[[datetime, datetime], str]

_DAY = timedelta(days=1)
# SVG takes colours as CSS says them, so that a change of theme needs no drawing anew.
_SHARED: dict[str, Any] = {
    "animation": False,
    "grid": {"left": 4, "right": 8, "top": 10, "bottom": 2, "containLabel": True},
    "tooltip": {
        "trigger": "axis",
        "confine": True,
        "axisPointer": {"type": "shadow", "shadowStyle": {"color": "var(--hover)", "opacity": 0.7}},
        "backgroundColor": "var(--surface)",
        "borderColor": "var(--line)",
        "textStyle": {"color": "var(--ink)", "fontSize": 12},
    },
    "yAxis": {
        "type": "value",
        "minInterval": 1,
        "splitNumber": 3,
        "axisLabel": {"color": "var(--quiet)"},
        "splitLine": {"lineStyle": {"color": "var(--line)"}},
    },
}
_BRUSH: dict[str, Any] = {
    "toolbox": [],
    "xAxisIndex": 0,
    "brushType": "lineX",
    "brushMode": "single",
    "brushStyle": {"color": "var(--accent)", "opacity": 0.18, "borderColor": "var(--accent)", "borderWidth": 1},
    "throttleType": "debounce",
    "outOfBrush": {"colorAlpha": 1},
}


class SeverityChart:
    """Events over time as stacked bars, which can be shown anew with other numbers."""

    def __init__(self, histogram: Histogram, on_range: Range | None, link: Link | None) -> None:
        self._histogram = histogram
        self._on_range, self._link = on_range, link
        self.element = ui.echart(self._options(), renderer="svg").classes("chart").props("role=img")
        self.element.on("componentClick", self._clicked, js_handler="(event) => emit(event.dataIndex)")
        if on_range is not None:
            self.element.on("chart:brushEnd", self._brushed, js_handler="(e) => emit(e.areas[0]?.coordRange ?? null)")
            # Dragging means a range from the start, not only after a button was pressed.
            self.element.on("chart:finished", js_handler=f"() => aisocBrush(getElement({self.element.id}).chart)")
        self._describe()

    def show(self, histogram: Histogram) -> None:
        """Show other numbers."""
        self._histogram = histogram
        self.element.props["options"] = self._options()
        self.element.update()
        self._describe()

    def _describe(self) -> None:
        self.element.props["aria-label"] = histogram_in_words(self._histogram)

    def _options(self) -> dict[str, Any]:
        return chart_options(self._histogram) | ({"brush": _BRUSH} if self._on_range else {})

    async def _clicked(self, event: GenericEventArguments) -> None:
        await self._choose(event.args, event.args)

    async def _brushed(self, event: GenericEventArguments) -> None:
        if isinstance(event.args, list) and len(event.args) == 2:
            await self._choose(*event.args)

    async def _choose(self, first: object, last: object) -> None:
        """Go to the time of some bars; what comes from a browser is not believed to be their numbers."""
        bars = self._histogram.bars
        if not (isinstance(first, int) and isinstance(last, int)) or not bars:
            return
        least, most = (min(max(0, number), len(bars) - 1) for number in (first, last))
        since, until = bars[least].at, bars[most].at + self._histogram.bucket
        if self._link is not None:
            ui.navigate.to(self._link(since, until))
        elif self._on_range is not None and (chosen := self._on_range(since, until)) is not None:
            await chosen


def severity_chart(histogram: Histogram, on_range: Range | None = None, link: Link | None = None) -> SeverityChart:
    """Draw events over time by severity, 180 px high (class `chart`).

    on_range: called with since and until when a bar is clicked or some are dragged over. link: gives the address that a
    click on a bar opens instead. Without both nothing can be clicked. `show(histogram)` of what is returned updates it.
    """
    return SeverityChart(histogram, on_range, link)


def chart_options(histogram: Histogram) -> dict[str, Any]:
    """Return what ECharts draws: one series a severity, least first, so that what matters most lies on top."""
    return _SHARED | {
        "xAxis": {
            "type": "category",
            "data": [bar_label(bar.at, histogram) for bar in histogram.bars],
            "axisLabel": {
                "color": "var(--quiet)",
                "hideOverlap": True,
                "alignMinLabel": "left",
                "alignMaxLabel": "right",
            },
            "axisLine": {"lineStyle": {"color": "var(--line)"}},
            "axisTick": {"show": False},
        },
        "series": [_series(severity, histogram.bars) for severity in Severity],
    }


def bar_label(at: datetime, histogram: Histogram) -> str:
    """Return a bar's time as short as the chart's range allows: a day, a time of day, or both."""
    if histogram.bucket >= _DAY:
        return f"{at:%d %b %Y}" if histogram.until - histogram.since > 300 * _DAY else f"{at:%d %b}"
    clock = f"{at:%H:%M:%S}" if histogram.bucket < timedelta(minutes=1) else f"{at:%H:%M}"
    return clock if histogram.until - histogram.since <= _DAY else f"{at:%d %b} {clock}"


def histogram_in_words(histogram: Histogram) -> str:
    """Return what the chart shows, for who cannot see it."""
    total = sum(bar.total for bar in histogram.bars)
    if not total:
        return f"No events from {_told(histogram.since)} to {_told(histogram.until)}."
    counts = severity_counts(histogram)
    parts = ", ".join(f"{counts[severity]:,} {severity}" for severity in reversed(Severity) if counts[severity])
    most = max(histogram.bars, key=lambda bar: bar.total)
    return (
        f"{total:,} events from {_told(histogram.since)} to {_told(histogram.until)}: {parts}. "
        f"Most at {_told(most.at)}: {most.total:,}."
    )


def severity_counts(histogram: Histogram) -> dict[Severity, int]:
    """Return how many events of each severity a chart shows."""
    return {severity: sum(bar.counts.get(severity, 0) for bar in histogram.bars) for severity in Severity}


def _series(severity: Severity, bars: tuple[Bar, ...]) -> dict[str, Any]:
    return {
        "name": severity.capitalize(),
        "type": "bar",
        "stack": "events",
        "barCategoryGap": "18%",
        "itemStyle": {"color": f"var(--bar-{severity})"},
        "emphasis": {"disabled": True},
        "data": [bar.counts.get(severity, 0) for bar in bars],
    }


def _told(at: datetime) -> str:
    return f"{at:%d %b %Y %H:%M} UTC"
