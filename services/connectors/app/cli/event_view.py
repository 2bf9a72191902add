"""One event in words, with what else happened around it."""

from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from app.cli.event_table import event_table
from app.cli.output import printable, severity_text, table, when
from app.clock import iso
from app.storage.neighbours import Neighbours
from app.storage.search import StoredEvent


def event_facts(stored: StoredEvent, near: Neighbours) -> dict[str, Any]:
    """Return an event and its neighbours as JSON-ready facts."""
    return {
        "event": msgspec.to_builtins(stored.event),
        "connector": stored.connector,
        "stored_at": iso(stored.stored_at),
        "neighbours": {
            kind: [msgspec.to_builtins(each.event) for each in found] for kind, found in _kinds(near).items()
        },
    }


def print_event(console: Console, stored: StoredEvent, near: Neighbours) -> None:
    """Print an event, then its operation's other records, and the same actor's and resource's events."""
    event = stored.event
    console.print(Text(printable(event.title), style="bold"))
    lines: dict[str, str | Text | None] = {
        "when": f"{when(event.event_time)} UTC",
        "severity": Text.assemble(severity_text(event.severity), "  ", printable(event.severity_reason)),
        "what": event.operation or event.event_type,
        "outcome": " ".join(filter(None, (event.outcome, f"({event.status})" if event.status else ""))),
        "who": " ".join(filter(None, (event.actor, f"({event.actor_type})"))),
        "from": event.src_ip,
        "where": event.resource_id,
        "category": event.activity_category,
        "correlation": event.correlation_id,
        "stored": f"{when(stored.stored_at)} UTC, by {stored.connector}",
        "id": str(event.id),
    }
    shown = table("", "")
    shown.show_header = False
    for name, told in lines.items():
        if told:
            shown.add_row(Text(name, style="dim"), told if isinstance(told, Text) else printable(told))
    console.print(shown)
    titles = ("Other records of the operation", "Same actor, an hour around", "Same resource, an hour around")
    for title, found in zip(titles, _kinds(near).values(), strict=True):
        console.print()
        console.print(Text(title if found else f"{title}: none", style="bold"))
        if found:
            console.print(event_table(console, [each.event for each in found]))


def _kinds(near: Neighbours) -> dict[str, tuple[StoredEvent, ...]]:
    return {"operation": near.operation, "actor": near.actor, "resource": near.resource}
