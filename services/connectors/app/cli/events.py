"""`aisoc events`: what was collected."""

import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import msgspec
import typer

from app.cli.event_table import event_table
from app.cli.event_view import event_facts, print_event
from app.cli.one_event import need_event
from app.cli.output import AsJson, print_json, run, stderr, stdout
from app.cli.query_group import QueryGroup
from app.events.event import Event
from app.main import open_service
from app.search.fields import FIELDS
from app.search.language import caret, parse
from app.search.mistakes import InvalidSearch
from app.search.query import Condition, Match, Search, Severities, Value, When
from app.search.typed import parse_severities, parse_time
from app.storage.events import read_raw
from app.storage.neighbours import read_neighbours
from app.storage.search import StoredEvent, stream

app = typer.Typer(cls=QueryGroup, help="Search stored events, newest first; `show` tells of one, `raw` gives bytes.")
_TABLE_LIMIT = 100
_BATCH = 100
_encoder = msgspec.json.Encoder()


@app.callback(invoke_without_command=True)
def search(
    context: typer.Context,
    query: Annotated[
        list[str] | None,
        typer.Argument(metavar="QUERY", help="What to search for, as in 'severity>=medium since:24h'."),
    ] = None,
    connector: Annotated[str | None, typer.Option(help="Only of this connector or ingest name.")] = None,
    severity: Annotated[
        list[str] | None,
        typer.Option(help="info, low, medium, high, critical; medium+ for that and above. Repeatable."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="From this time on: 2026-05-01, 2026-05-01T10:00:00Z, 24h, 7d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=10_000_000, help="At most so many; 100 in a table, all with --json.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, as they come.")] = False,
) -> None:
    """Search stored events, newest first.

    Examples: aisoc events 'severity>=medium since:24h -actor:policy'  |  aisoc events delete --json | jq .actor
    """
    if context.invoked_subcommand is not None:
        return

    async def work() -> None:
        async with open_service() as service, service.engine.connect() as connection:
            now = service.clock.now()
            wanted = _understood(" ".join(query or []), now, as_json=as_json)
            wanted = wanted.narrowed(*_options(connector, severity or [], since, until, now))
            found = _events(stream(connection, wanted, limit if limit or as_json else _TABLE_LIMIT))
            if as_json:
                async for event in found:
                    sys.stdout.write(_encoder.encode(event).decode() + "\n")
            else:
                await _print_table(found, limited=limit is None)

    run(work(), as_json=as_json)


@app.command()
def show(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id, or its first digits.")],
    as_json: AsJson = False,
) -> None:
    """Show one event: who did what to what, and what else happened around it.

    Example: aisoc events show 11a3b073
    """

    async def work() -> None:
        async with open_service() as service, service.engine.connect() as connection:
            stored = await need_event(connection, event_id)
            near = await read_neighbours(connection, stored)
        if as_json:
            print_json(event_facts(stored, near))
        else:
            print_event(stdout(), stored, near)

    run(work(), as_json=as_json)


@app.command()
def raw(event_id: Annotated[str, typer.Argument(metavar="ID", help="The event's id, or its first digits.")]) -> None:
    """Write an event's bytes exactly as received.

    Example: aisoc events raw 11a3b073 > evidence.json
    """

    async def work() -> None:
        async with open_service() as service, service.engine.connect() as connection:
            stored = await need_event(connection, event_id)
            [found] = await read_raw(connection, str(stored.event.id))
        sys.stdout.buffer.write(found)
        sys.stdout.buffer.flush()

    run(work())


def _understood(typed: str, now: datetime, *, as_json: bool) -> Search:
    """Understand a search; for a person a mistake is pointed at before it is told."""
    typed = typed.encode(errors="replace").decode()
    try:
        return parse(typed, now)
    except InvalidSearch as problem:
        if not as_json:
            stderr().print(caret(typed, problem.position), soft_wrap=True)
        raise


def _options(
    connector: str | None, severities: list[str], since: str | None, until: str | None, now: datetime
) -> list[Condition]:
    """Return the conditions that options stand for."""
    found: list[Condition] = []
    if connector is not None:
        name = connector.encode(errors="replace").decode().replace("\0", "\ufffd")
        found.append(Match(FIELDS["connector"], (Value((name,)),), exact=True))
    if chosen := parse_severities(severities):
        found.append(Severities(":", chosen))
    if (after := parse_time(since, now)) is not None:
        found.append(When("since", since or "", after))
    if (before := parse_time(until, now)) is not None:
        found.append(When("until", until or "", before))
    return found


async def _events(found: AsyncIterator[StoredEvent]) -> AsyncIterator[Event]:
    async for stored in found:
        yield stored.event


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
