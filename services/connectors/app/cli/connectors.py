"""`aisoc connectors`: what to collect, and how it goes."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from app.cli.connector_views import print_connector, print_connectors, print_polls
from app.cli.one_connector import Name, on_connector
from app.cli.operator import operator
from app.cli.output import AsJson, print_json, run, stdout, table
from app.cli.reading import commands
from app.collection.facts import catalog_entry, connector_facts, poll_facts, read_listed
from app.collection.health import read_standing
from app.collection.manage import add_connector, remove_connector, switch_connector, update_connector
from app.connectors import connector_ids
from app.errors import InvalidInput
from app.main import open_service
from app.service import Service
from app.storage.connectors import ConnectorRow, list_connectors
from app.storage.polls import list_polls

app = typer.Typer(help="Add, test, poll and watch connectors.", no_args_is_help=True)
app.add_typer(commands)
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
        async with open_service(actor=operator()) as service:
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

    on_connector(name, work, as_json=as_json)


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:
    """List the connectors with their health: healthy, behind, failing or paused."""

    async def work() -> None:
        async with open_service() as service, service.engine.connect() as connection:
            listed = await read_listed(connection, await list_connectors(connection), service.clock.now())
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
            polls = [poll_facts(row, poll) for poll in await list_polls(connection, row.id, _SHOWN_POLLS)]
        if as_json:
            print_json(connector_facts(row) | {"health": standing.health.facts(), "polls": polls})
            return
        print_connector(row, standing.health)
        print_polls(polls)

    on_connector(name, work, as_json=as_json)


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
        await remove_connector(service, row)
        _say({"removed": row.name}, f"Removed {row.name}; its events stay.", as_json=as_json)

    on_connector(name, work, as_json=as_json)


def _switch(name: str, *, enabled: bool, as_json: bool) -> None:
    async def work(service: Service, row: ConnectorRow) -> None:
        await switch_connector(service, row, enabled=enabled)
        sentence = f"{row.name} is {'enabled' if enabled else 'disabled'}."
        _say({"name": row.name, "enabled": enabled}, sentence, as_json=as_json)

    on_connector(name, work, as_json=as_json)


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
