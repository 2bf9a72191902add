"""How the demo looks: a live table in a terminal, lines elsewhere, nothing for --json."""

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from app.cli.event_table import event_table
from app.cli.output import LEVEL_STYLES, printable, severity_text, table, when
from app.connectors.base import Finding
from app.events.event import Event, Severity

# The first poll brings a day of history: of a longer batch the last lines are shown, and what matters.
_LONGEST_BATCH = 12
_LINES_AROUND_TABLE = 8


class SilentView:
    """Shows nothing."""

    def say(self, line: str) -> None:
        """Say nothing."""

    def found(self, finding: Finding) -> None:
        """Show nothing."""

    def live(self) -> AbstractContextManager[None]:
        """Change nothing."""
        return nullcontext()

    def arrived(self, events: list[Event], totals: dict[str, Any], seconds_left: float) -> None:
        """Show nothing."""


class LineView(SilentView):
    """Prints a line for each event as it arrives."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, line: str) -> None:
        """Print it."""
        self._console.print(printable(line), soft_wrap=True)

    def found(self, finding: Finding) -> None:
        """Print it, its level in colour."""
        level = Text(f"  {finding.level:<9}", style=LEVEL_STYLES[finding.level])
        self._console.print(level + Text(printable(finding.message)), soft_wrap=True)

    def arrived(self, events: list[Event], totals: dict[str, Any], seconds_left: float) -> None:  # noqa: ARG002
        """Print the events; of a long batch the last ones, and all that are more than info."""
        shown = [
            event
            for place, event in enumerate(events, start=_LONGEST_BATCH - len(events))
            if place >= 0 or event.severity is not Severity.INFO
        ]
        if len(shown) < len(events):
            self.say(f"… {len(events) - len(shown):,} routine events more arrived at once")
        for event in shown:
            self._console.print(_line(event), soft_wrap=True)


class LiveView(LineView):
    """Keeps a table of the newest arrivals on the screen, those that matter in colour."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._live: Live | None = None
        self._recent: deque[Event] = deque(maxlen=max(5, console.height - _LINES_AROUND_TABLE))

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show the table until the end."""
        with Live(console=self._console, auto_refresh=False) as live:
            self._live = live
            yield

    def arrived(self, events: list[Event], totals: dict[str, Any], seconds_left: float) -> None:
        """Draw the table and the totals anew."""
        self._recent.extend(events)
        shown = event_table(self._console, reversed(self._recent), days=False)
        assert self._live is not None
        self._live.update(Group(shown, Text(""), _totals_line(totals, seconds_left)), refresh=True)


def print_summary(console: Console, totals: dict[str, Any]) -> None:
    """Print what the demo brought."""
    shown = table("", "")
    shown.show_header = False
    health = totals["health"]
    covered = str(health["covered_until"])[:19].replace("T", " ")
    shown.add_row("health", f"{health['state']}: covered until {covered} UTC")
    shown.add_row("windows read completely", f"{totals['windows_read']:,}")
    shown.add_row("polls that failed", f"{totals['polls_failed']:,}")
    shown.add_row("events added, each once", f"{totals['events_added']:,}")
    shown.add_row("late ones recovered", f"{totals['late_recovered']:,} (happened before a window already read)")
    for severity in (Severity.HIGH, Severity.MEDIUM, Severity.INFO):
        shown.add_row(severity_text(severity), f"{totals['by_severity'].get(severity.value, 0):,}")
    console.print(Text("\nSummary", style="bold"))
    console.print(shown)


def _line(event: Event) -> Text:
    why = "" if event.severity is Severity.INFO else f"  ({event.severity_reason})"
    severity = severity_text(event.severity)
    severity.pad_right(7 - len(severity))
    tail = printable(f"  {event.title}  {event.status or '-'}  by {event.actor or '-'}{why}")
    return Text(f"{when(event.event_time)}  ") + severity + Text(tail)


def _totals_line(totals: dict[str, Any], seconds_left: float) -> Text:
    severities = "  ".join(f"{severity} {count:,}" for severity, count in totals["by_severity"].items())
    return Text(
        f"{totals['windows_read']} windows read   {totals['events_added']:,} events added   "
        f"{totals['late_recovered']} late ones recovered   {severities}   {max(0, round(seconds_left))} s left",
        style="bold",
    )
