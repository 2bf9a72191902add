"""How connectors and their polls look: as facts for programs, as tables and sentences for people."""

from collections.abc import Callable
from typing import Any

from pydantic import SecretStr
from rich.status import Status
from rich.text import Text

from app.cli.output import LEVEL_STYLES, print_problem, printable, stdout, table, when
from app.clock import iso
from app.collection.configuration import described_fields
from app.collection.poll import PollResult
from app.connectors import get_connector
from app.connectors.base import Finding
from app.storage.connectors import ConnectorRow


def catalog_entry(connector_id: str) -> dict[str, Any]:
    """Return a connector type's facts, its required fields first."""
    connector = get_connector(connector_id)
    fields = [
        {
            "name": name,
            "required": field.is_required(),
            "secret": field.annotation is SecretStr,
            "default": None if field.is_required() else field.default,
            "description": field.description or "",
        }
        for name, field in described_fields(connector)
    ]
    return {"id": connector.id, "name": connector.name, "docs": connector.docs, "fields": fields}


def connector_facts(row: ConnectorRow) -> dict[str, Any]:
    """Return a connector as JSON-ready facts, without secrets."""
    return {
        "name": row.name,
        "type": row.type,
        "enabled": row.enabled,
        "config": row.config,
        "created_at": iso(row.created_at),
        "next_poll_at": iso(row.next_poll_at) if row.enabled else None,
    }


def poll_facts(row: ConnectorRow, poll: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a row of history as JSON-ready facts."""
    if poll is None:
        return None
    return PollResult.from_row(row.name, poll).facts() | {"finished_at": iso(poll["finished_at"])}


def print_connectors(rows: list[ConnectorRow], last: dict[Any, dict[str, Any]]) -> None:
    """Print connectors with their last polls, and below what to do about those that fail."""
    shown = table("name", "state", "last poll (UTC)", "added", "subscription")
    for column in shown.columns:
        column.no_wrap = True
    for row in rows:
        poll = last.get(row.id)
        error = poll["error"] if poll else None
        state = "paused" if not row.enabled else "not polled yet" if poll is None else "failing" if error else "polling"
        style = {"failing": "bold red", "polling": "green"}.get(state, "dim")
        shown.add_row(
            row.name,
            Text(state, style=style),
            when(poll["started_at"] if poll else None),
            str(poll["events_added"]) if poll else "-",
            str(row.config.get("subscription_id", "")),
        )
    stdout().print(shown)
    for row in rows:
        poll = last.get(row.id)
        if row.enabled and poll and poll["error"]:
            stdout().print(
                printable(f"{row.name}: {poll['error']['message']} {poll['error']['remedy']}"), soft_wrap=True
            )


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
