"""Events as a table that fits the terminal: what must be read whole is, the rest is cut with an ellipsis."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from app.cli.output import printable, severity_text, when
from app.events.event import Event, Severity

ID_DIGITS = 8
# Narrower than this, the reason gives way: the severity stays.
_WIDE = 110


def event_table(console: Console, events: Iterable[Event]) -> Table:
    """Return a table of events, one line each, as wide as the terminal; in a pipe nothing is cut."""
    wide = console.width >= _WIDE
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0), expand=console.is_terminal)
    for title, width in (("time (UTC)", 19), ("severity", 8), ("status", 10)):
        shown.add_column(title, no_wrap=True, min_width=width)
    for title, share in (("event", 5), ("actor", 2), ("why", 3))[: 3 if wide else 2]:
        shown.add_column(title, no_wrap=True, overflow="ellipsis", ratio=share if console.is_terminal else None)
    shown.add_column("id", no_wrap=True, min_width=ID_DIGITS)
    for event in events:
        why = ("" if event.severity is Severity.INFO else event.severity_reason,) if wide else ()
        shown.add_row(
            when(event.event_time),
            severity_text(event.severity),
            printable(event.status or "-"),
            printable(event.title),
            printable(event.actor or "-"),
            *why,
            str(event.id)[:ID_DIGITS],
        )
    return shown
