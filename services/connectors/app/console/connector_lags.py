"""The picture of a connector's lags: how many events became readable how late."""

from nicegui import ui

from app.collection.lags import Lags
from app.collection.windows import Widths
from app.console.connector_words import lag_bars, lag_words, number
from app.console.parts import tag

_LABELLED = 6


def draw_lags(lags: Lags, widths: Widths) -> None:
    """Draw the histogram with its reading in words."""
    ui.label(lag_words(lags, widths)).classes("wrap")
    bars = lag_bars(lags.counts)
    if not bars:
        return
    most = max(count for _, count in bars)
    each = -(-len(bars) // _LABELLED)
    with ui.element("ol").classes("columns").props('aria-label="Events by how late they became readable"'):
        for place, (bound, count) in enumerate(bars):
            said = (
                f"Within {bound}: {number(count, 'event')}"
                if bound != "longer"
                else f"Longer: {number(count, 'event')}"
            )
            with ui.element("li") as column:
                column.props["title"] = said
                bar = ui.element("div").classes("column-bar").props('aria-hidden="true"')
                bar.style(f"height: {_height(count, most):.1f}%")
                tag("span", said, "unseen")
                if place % each == 0:
                    tag("span", bound, "column-name").props('aria-hidden="true"')


def _height(count: int, most: int) -> float:
    """Return a bar's height in percent; the fewest are still seen."""
    return max(2.0, 100 * count / most) if count else 0.0
