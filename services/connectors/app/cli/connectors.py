"""`aisoc connectors`: what to collect, and how it goes."""

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from app.cli.backfill_view import backfill_progress, print_backfill
from app.cli.connector_views import (
    Listed,
    catalog_entry,
    connector_facts,
    poll_facts,
    print_audit,
    print_connector,
    print_connectors,
    print_finding,
    print_poll,
    print_polls,
    progress_on,
)
from app.cli.coverage_view import coverage_facts, print_coverage
from app.cli.options import parse_time
from app.cli.output import AsJson, print_json, run, stderr, stdout, table
from app.collection.backfill import backfill
from app.collection.health import read_standing
from app.collection.manage import add_connector, probe_connector, update_connector
from app.collection.poll import Request, poll
from app.collection.result import PollResult
from app.collection.windows import Tier
from app.connectors import connector_ids
from app.errors import InvalidInput
from app.log import configure_logging
from app.main import open_service
from app.service import Service
from app.storage.connectors import (
    ConnectorRow,
    delete_connector,
    find_connector,
    list_connectors,
    set_enabled,
)
from app.storage.polls import last_poll_by_connector, latest_polls

app = typer.Typer(help="Add, test, poll and watch connectors.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The connector's name.")]

_WAIT_FOR_POLL_SECONDS = 30
_SHOWN_POLLS = 5


@app.command()
def catalog(as_json: AsJson = False) -> None:
    """List the connector types and their fields.

    Example: aisoc connectors catalog --json
    """
    entries = [catalog_entry(connector_id) for connector_id in connector_ids()]
    if as_json:
        print_json(entries)
        return
    for entry in entries:
        stdout().print(Text(entry["id"], style="bold") + Text(f"  {entry['name']}  ({entry['docs']})"))
        fields = table("field", "", "what")
        for field in entry["fields"]:
            fields.add_row(field["name"], "required" if field["required"] else "", field["description"])
        stdout().print(fields)


@app.command()
def add(
    connector_type: Annotated[str, typer.Argument(metavar="TYPE", help="A type of the catalog, as azure_activity.")],
    name: Annotated[str, typer.Option("--name", help="A name of your choice.")],
    config: Annotated[str, typer.Option("--config", help="File of the JSON configuration, or - for standard input.")],
    as_json: AsJson = False,
) -> None:
    """Add a connector; secrets are read from a file or standard input, never from arguments.

    Example: aisoc connectors add azure_activity --name prod --config prod.json
    """

    async def work() -> None:
        text = _read_config(config)
        async with open_service() as service:
            row = await add_connector(service, connector_type, name, text)
        if as_json:
            print_json(connector_facts(row))
        else:
            stdout().print(f"Added {row.name}. Try it: aisoc connectors test {row.name}")

    run(work(), as_json=as_json)


@app.command()
def update(
    name: Name,
    config: Annotated[str, typer.Option("--config", help="File of the fields to change, as JSON, or - for input.")],
    as_json: AsJson = False,
) -> None:
    """Change fields of a connector, as a new secret; what is not named stays, ledger and history too.

    Example: aisoc connectors update prod --config new-secret.json
    """

    async def work(service: Service, row: ConnectorRow) -> None:
        changed = await update_connector(service, row, _read_config(config))
        if as_json:
            print_json(connector_facts(changed))
        else:
            stdout().print(f"Changed {row.name}. Try it: aisoc connectors test {row.name}")

    _on_connector(name, work, as_json=as_json)


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:
    """List the connectors with their health: healthy, behind, failing or paused."""

    async def work() -> None:
        async with open_service() as service, service.engine.connect() as connection:
            last = await last_poll_by_connector(connection)
            listed = [
                Listed(row, (await read_standing(connection, row, service.clock.now())).health, last.get(row.id))
                for row in await list_connectors(connection)
            ]
        if as_json:
            print_json([one.facts() for one in listed])
        elif not listed:
            stdout().print("No connectors yet. Add one: aisoc connectors add azure_activity --name N --config FILE")
        else:
            print_connectors(listed)

    run(work(), as_json=as_json)


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a connector: its settings (no secrets), health and last polls."""

    async def work(service: Service, row: ConnectorRow) -> None:
        async with service.engine.connect() as connection:
            standing = await read_standing(connection, row, service.clock.now())
            polls = [poll_facts(row, poll) for poll in await latest_polls(connection, row.id, _SHOWN_POLLS)]
        if as_json:
            print_json(connector_facts(row) | {"health": standing.health.facts(), "polls": polls})
            return
        print_connector(row, standing.health)
        print_polls(polls)

    _on_connector(name, work, as_json=as_json)


@app.command()
def test(name: Name, as_json: AsJson = False) -> None:
    """Try a connector: sign in, ask the Activity Log for one entry, review the app's permissions.

    Exits with 1 when it could not collect.
    """

    async def work(service: Service, row: ConnectorRow) -> None:
        report = await probe_connector(service, row)
        if as_json:
            print_json({"ok": report.ok, "findings": [vars(finding) for finding in report.findings]})
        else:
            for finding in report.findings:
                print_finding(finding)
        raise typer.Exit(0 if report.ok else 1)

    _on_connector(name, work, as_json=as_json)


@app.command(name="poll")
def poll_(
    name: Name,
    sweep: Annotated[bool, typer.Option("--sweep", help="Read the wider window of a sweep, for late events.")] = False,
    as_json: AsJson = False,
) -> None:
    """Poll a connector now, to the end of its window.

    Example: aisoc connectors poll prod --json
    """

    async def work(service: Service, row: ConnectorRow) -> None:
        result = await _read(service, row, tier="sweep" if sweep else None)
        if as_json:
            print_json(result.facts())
        else:
            print_poll(result)
        raise typer.Exit(1 if result.error else 0)

    _on_connector(name, work, as_json=as_json, logs=True)


@app.command()
def audit(
    name: Name,
    since: Annotated[str, typer.Option(help="From this time on: 2026-05-01, 2026-05-01T10:00:00Z, 24h, 7d.")] = "24h",
    as_json: AsJson = False,
) -> None:
    """Check that everything which Azure shows is stored, and fetch what is missing.

    Example: aisoc connectors audit prod --since 7d
    """

    async def work(service: Service, row: ConnectorRow) -> None:
        start = parse_time(since, service.clock.now())
        result = await _read(service, row, tier="audit", since=start)
        if as_json:
            print_json(result.facts())
        else:
            print_audit(result)
        raise typer.Exit(1 if result.error else 0)

    _on_connector(name, work, as_json=as_json, logs=True)


@app.command(name="backfill")
def backfill_(
    name: Name,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days to reach back; Azure keeps 90.")] = 90,
    as_json: AsJson = False,
) -> None:
    """Read the past, newest day first, beside the polls. Stopped or killed, it goes on when it is started again.

    Example: aisoc connectors backfill prod --days 90
    """

    async def work(service: Service, row: ConnectorRow) -> None:
        since = service.clock.now() - timedelta(days=days)
        with backfill_progress() as on_progress:
            result = await backfill(service, row, since, on_progress)
        if as_json:
            print_json(result.facts())
        else:
            print_backfill(result)
        raise typer.Exit(1 if result.error else 0)

    _on_connector(name, work, as_json=as_json, logs=True)


@app.command()
def coverage(name: Name, as_json: AsJson = False) -> None:
    """Show what time is covered: read, settled, still missing, never readable, and how late events come.

    Example: aisoc connectors coverage prod --json
    """

    async def work(service: Service, row: ConnectorRow) -> None:
        now = service.clock.now()
        async with service.engine.connect() as connection:
            standing = await read_standing(connection, row, now)
        if as_json:
            print_json({"name": row.name} | coverage_facts(standing))
        else:
            print_coverage(row.name, standing, now)

    _on_connector(name, work, as_json=as_json)


@app.command()
def enable(name: Name, as_json: AsJson = False) -> None:
    """Resume a connector; it is due at once, and reads on from where it stopped."""
    _switch(name, enabled=True, as_json=as_json)


@app.command()
def disable(name: Name, as_json: AsJson = False) -> None:
    """Pause a connector; `enable` reads on from where it stopped."""
    _switch(name, enabled=False, as_json=as_json)


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a connector with its secrets and poll history; its events stay."""

    async def work(service: Service, row: ConnectorRow) -> None:
        if not yes and sys.stdin.isatty() and not typer.confirm(f"Remove {row.name}, its secrets and its history?"):
            raise typer.Exit(1)
        async with service.engine.begin() as connection:
            await delete_connector(connection, row.id)
        _say({"removed": row.name}, f"Removed {row.name}; its events stay.", as_json=as_json)

    _on_connector(name, work, as_json=as_json)


async def _read(service: Service, row: ConnectorRow, *, tier: Tier | None, since: datetime | None = None) -> PollResult:
    with stderr().status(f"Reading {row.name} …") as status:
        request = Request(tier=tier, since=since, on_page=progress_on(status), wait_seconds=_WAIT_FOR_POLL_SECONDS)
        return await poll(service, row, request)


def _switch(name: str, *, enabled: bool, as_json: bool) -> None:
    async def work(service: Service, row: ConnectorRow) -> None:
        async with service.engine.begin() as connection:
            await set_enabled(connection, row.id, enabled, service.clock.now())
        sentence = f"{row.name} is {'enabled' if enabled else 'disabled'}."
        _say({"name": row.name, "enabled": enabled}, sentence, as_json=as_json)

    _on_connector(name, work, as_json=as_json)


def _on_connector(
    name: str, work: Callable[[Service, ConnectorRow], Awaitable[None]], *, as_json: bool, logs: bool = False
) -> None:
    async def found() -> None:
        async with open_service() as service:
            async with service.engine.connect() as connection:
                row = await find_connector(connection, name)
            if logs and not sys.stderr.isatty():
                # A poll's line is logged as under `serve`; in a terminal its result is printed for people.
                configure_logging(service.settings.log_level)
            await work(service, row)

    run(found(), as_json=as_json)


def _read_config(source: str) -> str:
    try:
        return sys.stdin.read().lstrip("\ufeff") if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    raise InvalidInput(
        "config_unreadable", f"The configuration file {source} cannot be read: {reason}.", "Check the path."
    )


def _say(facts: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        stdout().print(sentence, soft_wrap=True)
