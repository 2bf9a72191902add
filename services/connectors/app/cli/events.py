"""`aisoc events`: what was collected."""

import re
import sys
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
import typer

from app.cli.event_table import event_table
from app.cli.options import parse_severities, parse_time
from app.cli.output import run, stderr, stdout
from app.errors import InvalidInput
from app.events.event import Event
from app.main import open_service
from app.storage.events import EventFilter, read_raw, search_events

app = typer.Typer(help="Search stored events, newest first; `raw` gives one's exact bytes.")
_TABLE_LIMIT = 100
_BATCH = 100
_ID = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]{0,28}")
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
    limit: Annotated[
        int | None, typer.Option(min=1, max=10_000_000, help="At most so many; 100 in a table, all with --json.")
    ] = None,
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
                connector=connector and connector.encode(errors="replace").decode(),
                severities=parse_severities(severity or []),
                since=parse_time(since, now),
                until=parse_time(until, now),
                limit=limit if limit or as_json else _TABLE_LIMIT,
            )
            found = search_events(connection, wanted)
            if as_json:
                async for event in found:
                    sys.stdout.write(_encoder.encode(event).decode() + "\n")
            else:
                await _print_table(found, limited=limit is None)

    run(work(), as_json=as_json)


@app.command()
def raw(event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id, or its first digits.")]) -> None:
    """Write an event's bytes exactly as received.

    Example: aisoc events raw 11a3b073 > evidence.json
    """

    async def work() -> None:
        if not _ID.fullmatch(event_id) or len(event_id.replace("-", "")) > 32:
            raise _no_such_event(event_id)
        async with open_service() as service, service.engine.connect() as connection:
            found = await read_raw(connection, event_id)
        if len(found) != 1:
            raise _no_such_event(event_id) if not found else _ambiguous(event_id)
        sys.stdout.buffer.write(found[0])
        sys.stdout.buffer.flush()

    run(work())


async def _print_table(found: AsyncIterator[Event], *, limited: bool) -> None:
    """Print a table, a screenful at a time, so that a long one takes no more memory than a short one."""
    console, count = stdout(), 0
    while batch := [event async for event in _next(found, _BATCH)]:
        console.print(event_table(console, batch, header=not count))
        count += len(batch)
    if not count:
        console.print("No event matches.")
    if limited and count == _TABLE_LIMIT:
        stderr().print(f"The newest {_TABLE_LIMIT}; more with --limit.", style="dim")


async def _next(events: AsyncIterator[Event], number: int) -> AsyncIterator[Event]:
    for _ in range(number):
        try:
            yield await anext(events)
        except StopAsyncIteration:
            return


def _no_such_event(event_id: str) -> InvalidInput:
    return InvalidInput(
        "unknown_event", f"There is no event with the id {event_id[:80]!r}.", "Copy an id from aisoc events."
    )


def _ambiguous(event_id: str) -> InvalidInput:
    return InvalidInput(
        "ambiguous_event", f"More than one event has an id that begins with {event_id!r}.", "Give more of its digits."
    )
