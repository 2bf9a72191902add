"""How the demo looks: a live table in a terminal, lines elsewhere, nothing for --json."""

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from uuid import UUID

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from app.cli.event_table import event_table
from app.cli.output import LEVEL_STYLES, printable, severity_text, table, when
from app.connectors.base import Finding
from app.events.event import Event, Severity
from app.storage.alert_queries import AlertRow

# The first poll brings a day of history: of a longer batch the last lines are shown, and what matters.
_LONGEST_BATCH = 12
_LINES_AROUND_TABLE = 9
_ALERTS_SHOWN = 6
_OUTCOMES = {"success": "succeeded", "failure": "failed", "in_progress": "under way", "unknown": "outcome unknown"}


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

    def alerted(self, alerts: list[AlertRow]) -> None:
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

    def alerted(self, alerts: list[AlertRow]) -> None:
        """Print a line for each."""
        for alert in alerts:
            self._console.print(_alert_line(alert), soft_wrap=True)


class LiveView(LineView):
    """Keeps a table of the newest arrivals on the screen, those that matter in colour."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._live: Live | None = None
        self._recent: deque[Event] = deque(maxlen=max(5, console.height - _LINES_AROUND_TABLE - _ALERTS_SHOWN))
        self._alerts: dict[UUID, AlertRow] = {}

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
        newest = [_alert_line(alert) for alert in list(self._alerts.values())[-_ALERTS_SHOWN:]]
        for line in newest:
            line.no_wrap, line.overflow = True, "ellipsis"
        self._live.update(Group(shown, Text(""), *newest, Text(""), _totals_line(totals, seconds_left)), refresh=True)

    def alerted(self, alerts: list[AlertRow]) -> None:
        """Keep them for the next drawing, each once, the newest last."""
        for alert in alerts:
            self._alerts.pop(alert.id, None)
            self._alerts[alert.id] = alert


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
    events, alerts = totals["by_severity"], totals["alerts"]
    shown.add_row("events by severity", _counts(events))
    shown.add_row("open alerts", _counts(alerts))
    console.print(Text("\nSummary", style="bold"))
    console.print(shown)


def _counts(by_severity: dict[str, int]) -> Text:
    """Return the counts of severities in one line, the highest first."""
    told = [
        severity_text(severity).append(f" {by_severity[severity]:,}")
        for severity in reversed(Severity)
        if by_severity.get(severity)
    ]
    return Text("   ").join(told) if told else Text("none")


def _alert_line(alert: AlertRow) -> Text:
    severity = severity_text(alert.severity)
    severity.pad_right(8 - len(severity))
    line = Text("ALERT ", style="bold") + severity + Text(f"  {printable(alert.title)}")
    return line + Text(f"  ({_OUTCOMES[alert.outcome]}; {printable(alert.rule_title)})", style="dim")


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
