"""Events as a table that fits the terminal: what must be read whole is, the rest is cut with an ellipsis."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from app.cli.output import printable, severity_text, when
from app.events.event import Event, Severity

ID_DIGITS = 8
# Narrower than this, status and actor give way: the reason stays.
_WIDE = 110


def event_table(console: Console, events: Iterable[Event], *, header: bool = True, days: bool = True) -> Table:
    """Return a table of events, one line each, as wide as the terminal; in a pipe nothing is cut.

    days: show the day too, not only the time.
    """
    wide, terminal = console.width >= _WIDE, console.is_terminal
    shown = Table(
        box=None, header_style="bold", show_header=header, pad_edge=False, padding=(0, 1, 0, 0), expand=terminal
    )
    fixed = [("time (UTC)", 19 if days else 10), ("severity", 8), *([("status", 10)] if wide else [])]
    for title, width in fixed:
        shown.add_column(title, no_wrap=True, min_width=width)
    for title, share in [("event", 5), *([("actor", 2)] if wide else []), ("why", 3)]:
        shown.add_column(title, no_wrap=True, overflow="ellipsis", ratio=share if terminal else None)
    shown.add_column("id", no_wrap=True, min_width=ID_DIGITS)
    for event in events:
        moment = when(event.event_time)
        shown.add_row(
            moment if days else moment[11:],
            severity_text(event.severity),
            *([printable(event.status or "-")] if wide else []),
            printable(event.title),
            *([printable(event.actor or "-")] if wide else []),
            "" if event.severity is Severity.INFO else printable(event.severity_reason),
            str(event.id)[:ID_DIGITS],
        )
    return shown
