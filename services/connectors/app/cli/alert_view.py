"""Alerts as tables, and one in words: what happened, its events, what else the actor did, and its history."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.event_table import ID_DIGITS, event_table
from app.cli.output import printable, severity_text, table, when
from app.detection.alerts import AlertDetail, Timeline
from app.detection.rules import Rule
from app.storage.alert_queries import AlertChangeRow, AlertRow

_WIDE = 120


def print_alerts(console: Console, alerts: Sequence[AlertRow]) -> None:
    """Print alerts, one line each."""
    if not alerts:
        console.print("No alert is so.")
        return
    wide, terminal = console.width >= _WIDE, console.is_terminal
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0), expand=terminal)
    for title, width in (("last (UTC)", 19), ("severity", 8), ("status", 11)):
        shown.add_column(title, no_wrap=True, min_width=width)
    for title, share in [("alert", 4), *([("about", 2)] if wide else [])]:
        shown.add_column(title, no_wrap=True, overflow="ellipsis", ratio=share if terminal else None)
    for title in ("assignee", "id"):
        shown.add_column(title, no_wrap=True)
    for alert in alerts:
        about = next((entity.shown for entity in alert.entities if entity.kind == "actor"), "-")
        shown.add_row(
            when(alert.last_time),
            severity_text(alert.severity),
            _state(alert),
            printable(alert.title),
            *([printable(about)] if wide else []),
            printable(alert.assignee or "-"),
            str(alert.id)[:ID_DIGITS],
        )
    console.print(shown)


def print_alert(console: Console, detail: AlertDetail, timeline: Timeline, rule: Rule | None) -> None:
    """Print an alert with all that belongs to it."""
    alert = detail.alert
    console.print(Text(printable(alert.title), style="bold"), soft_wrap=True)
    shown = table("", "")
    shown.show_header = False
    for name, told in _lines(detail).items():
        if told:
            shown.add_row(Text(name, style="dim"), told if isinstance(told, Text) else printable(told))
    console.print(shown)
    _print_rule(console, rule)
    own = [event.stored.event for event in detail.events]
    others = [stored.event for stored in timeline.actor if stored.event.id not in timeline.of_alert]
    for heading, events in (("Events", own), ("What else the actor did, an hour around", others)):
        console.print()
        console.print(Text(heading if events else f"{heading}: nothing", style="bold"))
        if events:
            console.print(event_table(console, events))
    if detail.changes:
        console.print()
        console.print(Text("History", style="bold"))
    for change in detail.changes:
        console.print(Text(f"{when(change.at)}  {printable(change.actor)}  {printable(_told(change))}"), soft_wrap=True)


def _lines(detail: AlertDetail) -> dict[str, str | Text | None]:
    alert, held = detail.alert, detail.suppression
    entities: dict[str, list[str]] = {}
    for entity in alert.entities:
        entities.setdefault(entity.kind, []).append(entity.shown)
    last = "" if alert.last_time == alert.first_time else f" to {when(alert.last_time)}"
    lines: dict[str, str | Text | None] = {
        "when": f"{when(alert.first_time)}{last} UTC",
        "severity": severity_text(alert.severity),
        "status": _state(alert),
        "assignee": alert.assignee,
        "held back": f"until {when(held.until)} UTC by {held.created_by}: {held.reason}" if held else None,
        "outcome": alert.outcome.replace("_", " "),
        "rule": alert.rule_title,
        "ATT&CK": ", ".join((*alert.tactics, *alert.techniques)),
        "connector": alert.connector,
    }
    return lines | {kind: ", ".join(found) for kind, found in entities.items()} | {"id": str(alert.id)}


def _print_rule(console: Console, rule: Rule | None) -> None:
    if rule is None:
        return
    steps = tuple(f"{number}. {step}" for number, step in enumerate(rule.next_steps, 1))
    for heading, parts in (("Why it matters", (rule.why,)), ("What to do", steps)):
        if any(parts):
            console.print()
            console.print(Text(heading, style="bold"))
            for part in parts:
                console.print(Text(printable(" ".join(part.split()))), soft_wrap=True)


def _state(alert: AlertRow) -> str:
    state = alert.status.replace("_", " ")
    return f"{state}, {alert.verdict.replace('_', ' ')}" if alert.verdict else state


def _told(change: AlertChangeRow) -> str:
    """Return an entry of the history in words."""
    if change.action != "change":
        return str(change.facts.get("text", change.action.replace("_", " ")))
    return ", ".join(f"{name}: {_word(before)} → {_word(after)}" for name, (before, after) in change.facts.items())


def _word(value: Any) -> str:
    return "none" if value is None else str(value).replace("_", " ")
