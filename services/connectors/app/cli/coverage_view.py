"""How the coverage of a connector looks: a strip and a histogram."""

from datetime import datetime, timedelta
from typing import Any

from rich.text import Text

from app.cli.connector_views import health_text
from app.cli.output import span, stdout, table, when
from app.collection.coverage import Coverage
from app.collection.health import Standing
from app.collection.lags import BOUNDS, MEASURED_DAYS, Lags
from app.connectors.base import Window

_STRIP_WIDTH = 60
_BAR_WIDTH = 30
_REASONS = {
    "older_than_retention": "older than what the source keeps when it was asked for",
    "outage_longer_than_retention": "not read for longer than the source keeps it",
}
# What a cell of the strip shows, worst first: a cell shows the worst that lies in it.
_MARKS = (("gap", "✕", "bold red"), ("missing", "·", "yellow"), ("unsettled", "▒", "cyan"), ("settled", "█", "green"))


def print_coverage(name: str, standing: Standing, now: datetime) -> None:
    """Print the ledger as a strip with its windows below, and the lags as bars."""
    ledger = standing.ledger.coverage
    stdout().print(Text(f"{name}  ", style="bold") + health_text(standing.health))
    if ledger is None or not ledger.read:
        stdout().print("Nothing was read completely yet.")
        return
    stdout().print(f"covered until  {when(ledger.covered_until)} UTC")
    stdout().print(f"settled until  {when(ledger.settled_until)} UTC (no late event is expected before)")
    stdout().print()
    stdout().print(_strip(ledger, now))
    stdout().print(_legend())
    stdout().print()
    stdout().print(_windows(ledger))
    stdout().print()
    _print_lags(standing)


def _strip(ledger: Coverage, now: datetime) -> Text:
    """Draw the time from the first wish until now, each cell as the worst that lies in it."""
    began = min(ledger.asked_since, *(gap.window.since for gap in ledger.gaps), now)
    cell = max(now - began, timedelta(seconds=1)) / _STRIP_WIDTH
    drawn = Text(f"{began:%Y-%m-%d %H:%M} ")
    for place in range(_STRIP_WIDTH):
        mark, style = _mark(ledger, Window(began + place * cell, began + (place + 1) * cell))
        drawn.append(mark, style)
    return drawn.append(f" {now:%Y-%m-%d %H:%M}")


def _mark(ledger: Coverage, cell: Window) -> tuple[str, str]:
    spans = {
        "gap": tuple(gap.window for gap in ledger.gaps),
        "missing": ledger.missing,
        "unsettled": ledger.unsettled,
        "settled": ledger.read,
    }
    for kind, mark, style in _MARKS:
        if any(window.since < cell.until and cell.since < window.until for window in spans[kind]):
            return mark, style
    return "·", "yellow"


def _legend() -> Text:
    words = {"gap": "gap", "missing": "not read", "unsettled": "read, late events may come", "settled": "settled"}
    legend = Text()
    for kind, mark, style in reversed(_MARKS):
        legend.append(mark, style).append(f" {words[kind]}   ")
    return legend


def _windows(ledger: Coverage) -> Any:
    shown = table("from (UTC)", "to (UTC)", "", "")
    lines = [(window, "read", "") for window in ledger.read]
    lines += [(window, "not read yet", "aisoc connectors backfill reads it") for window in ledger.missing]
    lines += [(gap.window, "gap", _REASONS[gap.reason]) for gap in ledger.gaps]
    for window, kind, why in sorted(lines, key=lambda line: line[0].since):
        shown.add_row(when(window.since), when(window.until), kind, why)
    return shown


def _print_lags(standing: Standing) -> None:
    lags, widths = standing.ledger.lags, standing.ledger.widths
    if not lags.events:
        stdout().print(f"No event of the last {MEASURED_DAYS} days told when it became readable.")
        return
    stdout().print(
        f"Lag of the {lags.events:,} events of {MEASURED_DAYS} days: 95 % within {span(lags.percentile(0.95))}, "
        f"the longest {span(lags.longest)}.",
        soft_wrap=True,
    )
    stdout().print(_histogram(lags))
    stdout().print(
        f"So each poll reads {span(widths.overlap)} again and each sweep {span(widths.sweep)}.", soft_wrap=True
    )


def _histogram(lags: Lags) -> Any:
    """Return the buckets from the first to the last that has events, each with its bar."""
    shown = table("up to", "events", "")
    shown.columns[1].justify = "right"
    used = [place for place, count in enumerate(lags.counts) if count]
    most = max(lags.counts)
    for place in range(used[0], used[-1] + 1):
        bound = span(timedelta(seconds=BOUNDS[place])) if place < len(BOUNDS) else "longer"
        count = lags.counts[place]
        bar = "█" * round(count / most * _BAR_WIDTH) or ("▏" if count else "")
        shown.add_row(bound, f"{count:,}", Text(bar, style="cyan"))
    return shown
