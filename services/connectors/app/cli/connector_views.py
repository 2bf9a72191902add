"""How connectors and their polls look: tables and sentences for people."""

from collections.abc import Callable
from typing import Any

from rich.status import Status
from rich.text import Text

from app.cli.output import LEVEL_STYLES, print_problem, printable, span, stdout, table, when
from app.collection.facts import Listed
from app.collection.health import Health
from app.collection.result import PollResult
from app.connectors.base import Finding
from app.storage.connectors import ConnectorRow

_STATE_STYLES = {"healthy": "green", "behind": "yellow", "failing": "bold red", "paused": "dim"}


def health_text(health: Health) -> Text:
    """Return a state in its colour, with how far it is behind where that matters."""
    late = f" by {span(health.behind)}" if health.state == "behind" and health.covered_until else ""
    return Text(health.state + late, style=_STATE_STYLES[health.state])


def print_connectors(listed: list[Listed]) -> None:
    """Print connectors with their health, and below what to do about those that fail or are behind."""
    shown = table("name", "health", "covered until (UTC)", "next poll (UTC)", "added", "subscription")
    for column in shown.columns:
        column.no_wrap = True
    for one in listed:
        shown.add_row(
            one.row.name,
            health_text(one.health),
            when(one.health.covered_until),
            when(one.health.next_try),
            f"{one.poll['events_added']:,}" if one.poll else "-",
            str(one.row.config.get("subscription_id", "")),
        )
    stdout().print(shown)
    for one in listed:
        if remark := _remark(one.health):
            stdout().print(printable(f"{one.row.name}: {remark}"), soft_wrap=True)


def print_connector(row: ConnectorRow, health: Health) -> None:
    """Print a connector's settings and how it stands."""
    lines = table("", "")
    lines.show_header = False
    for key, value in {"name": row.name, "type": row.type, **row.config}.items():
        lines.add_row(key, "-" if value is None else str(value))
    lines.add_row("health", health_text(health))
    lines.add_row("covered until", when(health.covered_until))
    lines.add_row("settled until", when(health.settled_until))
    lines.add_row("next poll", when(health.next_try) if row.enabled else "- (paused)")
    stdout().print(lines)
    if remark := _remark(health):
        stdout().print(printable(remark), soft_wrap=True)


def _remark(health: Health) -> str:
    """Return what a person should know of a connector that is not healthy."""
    if health.state == "failing" and health.error:
        return (
            f"failing since {when(health.since)}, tried again at {when(health.next_try)}: "
            f"{health.error['message']} {health.error['remedy']}"
        )
    if health.state == "behind":
        told = f"nothing later than {when(health.covered_until)} UTC" if health.covered_until else "nothing yet"
        return f"{told} was read completely: a poll is still reading, or no aisoc serve runs."
    return ""


def print_polls(polls: list[dict[str, Any] | None]) -> None:
    """Print a history of polls, and below why the last one failed, if it did."""
    shown = table("poll (UTC)", "tier", "seconds", "read", "added", "late", "quarantined", "")
    shown.columns[0].no_wrap = True
    known = [facts for facts in polls if facts is not None]
    for facts in known:
        shown.add_row(
            facts["started_at"][:19].replace("T", " "),
            facts["tier"],
            "running" if facts["finished_at"] is None else f"{facts['duration']:.1f}",
            *(f"{facts[count]:,}" for count in ("events_read", "events_added", "late_recovered", "events_quarantined")),
            Text(facts["error"]["code"] if facts["error"] else "", style="bold red"),
        )
    stdout().print(shown if known else "Not polled yet.")
    if known and known[0]["error"]:
        print_problem(known[0]["error"]["message"], known[0]["error"]["remedy"])


def print_finding(finding: Finding) -> None:
    """Print a finding of a connection test, with its remedy."""
    line = Text(f"{finding.level:<8}", style=LEVEL_STYLES[finding.level]) + Text(printable(finding.message))
    stdout().print(line, soft_wrap=True)
    if finding.remedy:
        stdout().print(Text(f"{'':<8}{finding.remedy}", style="dim"), soft_wrap=True)


def progress_on(status: Status) -> Callable[[PollResult], None]:
    """Return what shows a poll's progress on a status line."""

    def show_progress(result: PollResult) -> None:
        status.update(
            f"Reading {result.connector} … {result.pages} pages, {result.events_read:,} events read, "
            f"{result.events_added:,} added"
        )

    return show_progress


def print_audit(result: PollResult) -> None:
    """Print how much of what Azure shows was stored already."""
    if result.error:
        print_problem(result.error["message"], result.error["remedy"])
        return
    shown = result.events_added + result.events_duplicate
    stdout().print(
        f"{result.connector}: {result.events_duplicate:,} of {shown:,} present"
        + (f"; {result.events_added:,} were missing and are stored now." if result.events_added else "."),
        soft_wrap=True,
    )
    _print_window(result)


def print_poll(result: PollResult) -> None:
    """Print what a poll did, or why it failed."""
    if result.error:
        print_problem(result.error["message"], result.error["remedy"])
        return
    stdout().print(
        f"{result.connector}: {result.events_added:,} events added of {result.events_read:,} read "
        f"({result.events_duplicate:,} already stored, {result.events_dropped:,} reads dropped, "
        f"{result.events_quarantined:,} quarantined, {result.late_recovered:,} late) "
        f"in {result.pages} pages and {result.duration:.1f} s.",
        soft_wrap=True,
    )
    _print_window(result)


def _print_window(result: PollResult) -> None:
    stdout().print(f"Window: {when(result.window_since)} to {when(result.window_until)} UTC.")
    if result.gap_since:
        stdout().print(f"Not readable any more: {when(result.gap_since)} to {when(result.gap_until)} UTC.")
