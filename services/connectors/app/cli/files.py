"""`aisoc normalize` and `aisoc ingest`: exported files, through a pipe or into the store."""

import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.output import AsJson, fail, print_json, print_problem, printable, run, stderr, stdout
from app.collection.files import IngestResult, ingest, open_file, read_file
from app.collection.manage import check_name
from app.connectors import get_connector
from app.connectors.base import Connector
from app.errors import AisocError, Skip
from app.main import open_service
from app.service import Service

_SOURCE = "azure_activity"
_encoder = msgspec.json.Encoder()

app = typer.Typer()


@app.command()
def normalize(
    file: Annotated[str, typer.Argument(help="An exported file (JSON, JSON lines, gzip), or - for standard input.")],
) -> None:
    """Print the normalized event of each record, one JSON object a line; uses no database.

    Reads (…/read) are dropped. Exits with 1 when a record could not be understood or the file is not whole.

    Example: az monitor activity-log list -o json | aisoc normalize - | jq .severity
    """
    connector = get_connector(_SOURCE)
    counts = {"normalized": 0, "dropped": 0, "not understood": 0}
    try:
        with open_file(file) as stream:
            for raw in read_file(stream, file):
                counts[_normalize_one(connector, raw)] += 1
    except AisocError as error:
        sys.stdout.flush()
        fail(error)
    sys.stdout.flush()
    stderr().print(", ".join(f"{count:,} {what}" for what, count in counts.items()), style="dim")
    raise typer.Exit(1 if counts["not understood"] else 0)


def _normalize_one(connector: Connector, raw: bytes) -> str:
    try:
        event = connector.normalize(raw)
    except Skip as problem:
        shown = raw[:80].decode(errors="replace")
        print(
            json.dumps({"error": {"code": problem.code, "message": problem.message}, "record": shown}), file=sys.stderr
        )
        return "not understood"
    if event is None:
        return "dropped"
    sys.stdout.write(_encoder.encode(event).decode() + "\n")
    return "normalized"


@app.command(name="ingest")
def ingest_(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Exported files, gzip too; - for standard input.")
    ],
    name: Annotated[str, typer.Option("--name", help="Under which name the events are found (events --connector).")],
    as_json: AsJson = False,
) -> None:
    """Store the events of exported files: REST lists, exported records or Log Analytics rows.

    An event that is stored already, also by a poll, is not stored again. Exits with 1 when a file is not whole; what
    it holds before its end is stored.

    Example: aisoc ingest PT1H.json.gz --name archive
    """

    async def work() -> list[IngestResult]:
        check_name(name)
        # Reading a file or a pipe blocks: Ctrl-C must interrupt it, not only mark the task as cancelled.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        async with open_service() as service:
            return [await _ingest_one(service, file, name) for file in files]

    results = run(work(), as_json=as_json)
    if as_json:
        print_json({"files": [result.facts() for result in results]})
    else:
        for result in results:
            _print_result(result)
    raise typer.Exit(1 if any(result.error for result in results) else 0)


async def _ingest_one(service: Service, file: str, name: str) -> IngestResult:
    try:
        with open_file(file) as stream, _bar() as bar:
            task = bar.add_task(escape(printable(Path(file).name)), total=_size(stream))
            return await ingest(
                service, get_connector(_SOURCE), stream, file, name, lambda done: bar.update(task, completed=done)
            )
    except AisocError as error:
        return IngestResult(file, error=error.facts())


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=stderr(), transient=True, disable=not sys.stderr.isatty())


def _size(stream: BinaryIO) -> int | None:
    """Return a regular file's size; a pipe has none."""
    status = os.fstat(stream.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _print_result(result: IngestResult) -> None:
    stdout().print(
        f"{printable(result.file)}: {result.events_added:,} events added of {result.events_read:,} read "
        f"({result.events_duplicate:,} already stored, {result.events_dropped:,} reads dropped, "
        f"{result.events_quarantined:,} quarantined).",
        soft_wrap=True,
    )
    if result.error:
        print_problem(result.error["message"], result.error["remedy"])
