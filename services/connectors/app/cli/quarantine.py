"""`aisoc quarantine`: records that could not be understood, their bytes, and another try."""

import re
import sys
from typing import Annotated

import typer
from rich.text import Text

from app.cli.operator import operator
from app.cli.output import AsJson, print_json, printable, run, stderr, stdout, table, when
from app.collection.quarantine import Retried, record_facts, retry_quarantine, retry_record
from app.errors import InvalidInput
from app.main import open_service
from app.storage.quarantine import Quarantined, find_record, list_quarantined, read_quarantined_raw

app = typer.Typer(help="Records that could not be understood: list, look, try again.", no_args_is_help=True)
_LISTED = 100
_SHOWN_DIGITS = 8
_ID = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]{0,28}")
Id = Annotated[str, typer.Argument(metavar="ID", help="The record's id, or its first digits.")]


@app.command(name="list")
def list_(
    connector: Annotated[str | None, typer.Option(help="Only of this connector or ingest name.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = _LISTED,
    as_json: AsJson = False,
) -> None:
    """List records in quarantine, those that came last first."""

    async def work() -> list[Quarantined]:
        async with open_service(actor=operator()) as service, service.engine.connect() as connection:
            return await list_quarantined(connection, limit, connector=_storable(connector))

    records = run(work(), as_json=as_json)
    if as_json:
        print_json([record_facts(record) for record in records])
    elif not records:
        stdout().print("Quarantine is empty.")
    else:
        _print(records)
        if len(records) == limit:
            stderr().print(f"The last {limit}; more with --limit.", style="dim")


@app.command()
def raw(record_id: Id) -> None:
    """Write a record's bytes exactly as received.

    Example: aisoc quarantine raw 11a3b073 > record.bin
    """

    async def work() -> None:
        async with open_service(actor=operator()) as service, service.engine.connect() as connection:
            sys.stdout.buffer.write(await read_quarantined_raw(connection, _digits(record_id)))
        sys.stdout.buffer.flush()

    run(work())


@app.command()
def retry(
    record_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The record's id, or its first digits; all without it.")
    ] = None,
    connector: Annotated[str | None, typer.Option(help="Only those of this connector or ingest name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Try records again, as after an upgrade; what is understood now becomes an event.

    Exits with 1 when some stay.

    Examples: aisoc quarantine retry  |  aisoc quarantine retry 11a3b073
    """

    async def work() -> Retried:
        async with open_service(actor=operator()) as service:
            if record_id is None:
                return await retry_quarantine(service, _storable(connector))
            async with service.engine.connect() as connection:
                found = await find_record(connection, _digits(record_id))
            return await retry_record(service, found)

    result = run(work(), as_json=as_json)
    if as_json:
        print_json(result.facts())
    else:
        stdout().print(
            f"{result.tried:,} tried: {result.added:,} events added, {result.duplicate:,} stored already, "
            f"{result.dropped:,} reads dropped, {result.kept:,} still not understood.",
            soft_wrap=True,
        )
    raise typer.Exit(1 if result.kept else 0)


def _print(records: list[Quarantined]) -> None:
    shown = table("id", "came (UTC)", "connector", "bytes", "code", "reason")
    for record in records:
        shown.add_row(
            record.id.hex[:_SHOWN_DIGITS],
            when(record.stored_at),
            printable(record.connector),
            f"{record.size:,}",
            Text(record.code, style="bold red"),
            printable(record.reason),
        )
    stdout().print(shown)


def _digits(typed: str) -> str:
    if not _ID.fullmatch(typed) or len(typed.replace("-", "")) > 32:
        raise InvalidInput(
            "invalid_record_id", f"{typed[:80]!r} is no id of a record.", "Copy one from aisoc quarantine list."
        )
    return typed


def _storable(name: str | None) -> str | None:
    """Return a name without what no name in the database can have."""
    return name and name.encode(errors="replace").decode().replace("\0", "\ufffd")
