"""`aisoc events`: what was collected."""

import sys
from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.table import Table

from app.cli.options import parse_severities, parse_time
from app.cli.output import run, severity_text, stderr, stdout, table, when
from app.errors import InvalidInput
from app.events.event import Event
from app.main import open_service
from app.storage.events import EventFilter, read_raw, search_events

app = typer.Typer(help="Search stored events, newest first; `raw` gives one's exact bytes.")
_TABLE_LIMIT = 100
_encoder = msgspec.json.Encoder()


@app.callback(invoke_without_command=True)
def search(
    context: typer.Context,
    connector: Annotated[str | None, typer.Option(help="Only of this connector or ingest name.")] = None,
    severity: Annotated[
        list[str] | None,
        typer.Option(help="info, low, medium, high, critical; medium+ for that and above. Repeatable."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="From this time on: 2026-05-01, 2026-05-01T10:00:00Z, 24h, 7d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Up to this time.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many; 100 in a table, all with --json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, as they come.")] = False,
) -> None:
    """Search stored events, newest first.

    Examples: aisoc events --severity medium+ --since 24h  |  aisoc events --json | jq .actor
    """
    if context.invoked_subcommand is not None:
        return

    async def work() -> None:
        async with open_service() as service, service.engine.connect() as connection:
            now = service.clock.now()
            wanted = EventFilter(
                connector=connector,
                severities=parse_severities(severity or []),
                since=parse_time(since, now),
                until=parse_time(until, now),
                limit=limit if limit or as_json else _TABLE_LIMIT,
            )
            shown = event_table()
            async for event in search_events(connection, wanted):
                if as_json:
                    sys.stdout.write(_encoder.encode(event).decode() + "\n")
                else:
                    add_event(shown, event)
        if as_json:
            return
        stdout().print(shown if shown.row_count else "No event matches.")
        if limit is None and shown.row_count == _TABLE_LIMIT:
            stderr().print(f"The newest {_TABLE_LIMIT}; more with --limit.", style="dim")

    run(work(), as_json=as_json)


@app.command()
def raw(event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id.")]) -> None:
    """Write an event's bytes exactly as received.

    Example: aisoc events raw 11a3b073-a5e7-393d-cc83-05ce42227560 > evidence.json
    """

    async def work() -> None:
        try:
            wanted = UUID(event_id)
        except ValueError:
            raise _no_such_event(event_id) from None
        async with open_service() as service, service.engine.connect() as connection:
            found = await read_raw(connection, wanted)
        if found is None:
            raise _no_such_event(event_id)
        sys.stdout.buffer.write(found)
        sys.stdout.buffer.flush()

    run(work())


def event_table() -> Table:
    """Return an empty table of events."""
    shown = table("time (UTC)", "severity", "event", "status", "actor", "why", "id")
    for column in ("time (UTC)", "severity", "status", "id"):
        next(made for made in shown.columns if made.header == column).no_wrap = True
    return shown


def add_event(shown: Table, event: Event) -> None:
    """Add an event's row."""
    shown.add_row(
        when(event.event_time),
        severity_text(event.severity),
        event.title,
        event.status or "-",
        event.actor or "-",
        event.severity_reason,
        str(event.id),
    )


def _no_such_event(event_id: str) -> InvalidInput:
    return InvalidInput(
        "unknown_event", f"There is no event with the id {event_id[:80]!r}.", "Copy an id from aisoc events."
    )
