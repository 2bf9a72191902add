"""`aisoc rules explain`: which part of a rule's condition an event meets, and which it does not."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.cli.one_event import need_event
from app.cli.operator import operator
from app.cli.output import AsJson, print_json, printable, run, stdout
from app.cli.rule_files import RuleName, named_rule, read_settings_rules
from app.collection.files import open_file, read_file
from app.collection.intake import sort_records
from app.connectors import get_connector
from app.detection.operations import Held, by_operation
from app.errors import InvalidInput
from app.main import open_service
from app.storage.events import read_raw
from app.storage.siblings import read_siblings

if TYPE_CHECKING:
    from app.detection.told import Judged

_SOURCE = "azure_activity"
_MOST_RECORDS = 50


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(explain)


def explain(
    rule: RuleName,
    event: Annotated[
        str,
        typer.Argument(metavar="EVENT", help="A stored event's id or its first digits, a file with a record, or -."),
    ],
    as_json: AsJson = False,
) -> None:
    """Tell for each part of a rule's condition whether an event meets it, with what the event has there.

    A stored event is judged with the request of its operation, where that is known. Exits with 1 when it does
    not match.

    Example: aisoc rules explain "Owner granted at subscription scope" 11a3b073
    """
    from app.detection.told import explain_records  # noqa: PLC0415 - the Sigma parser takes its time to load

    from_file = event == "-" or Path(event).is_file()

    async def work() -> "list[Judged]":
        if from_file:
            rules, wanted = named_rule(read_settings_rules(), rule)
            return explain_records(wanted, rules, _records_of(event), None)
        async with open_service(actor=operator()) as service, service.engine.connect() as connection:
            rules, wanted = named_rule(await service.rules.current(service.engine), rule)
            own, others = await _stored(connection, event)
            return explain_records(wanted, rules, [own, *others], own.event.id)

    judged = run(work(), as_json=as_json)
    if as_json:
        print_json([_facts(each) for each in judged])
    else:
        _print(judged)
    raise typer.Exit(0 if any(each.matched for each in judged) else 1)


async def _stored(connection: AsyncConnection, typed: str) -> tuple[Held, list[Held]]:
    """Return the event whose id begins so, and the other records of its operation."""
    stored = await need_event(connection, typed)
    [raw] = await read_raw(connection, str(stored.event.id))
    own = Held(stored.event, raw, stored.connector)
    return own, await read_siblings(connection, by_operation([own]), {})


def _records_of(file: str) -> list[Held]:
    """Return a file's records; at most so many. Raises InvalidInput (no_record), or what reading the file does."""
    with open_file(file) as stream:
        raws = list(islice(read_file(stream, file), _MOST_RECORDS))
    intake = sort_records(get_connector(_SOURCE), raws)
    if not intake.events:
        reason = intake.quarantined[0].reason if intake.quarantined else "It is empty, or has only reads."
        raise InvalidInput(
            "no_record", f"{file} has no record to judge: {reason}", "Give a file with a record of the Activity Log."
        )
    return [Held(event, raw, file) for event, raw in intake.events]


def _print(judged: "Sequence[Judged]") -> None:
    console = stdout()
    for each in judged:
        verdict = "matches" if each.matched else "does not match"
        console.print(Text(printable(f"{each.event.title}: {each.rule.title} {verdict}"), style="bold"), soft_wrap=True)
        for line in each.lines:
            console.print(Text(f"  {printable(line)}"), soft_wrap=True)


def _facts(judged: "Judged") -> dict[str, Any]:
    return {
        "rule": judged.rule.id,
        "title": judged.rule.title,
        "event": str(judged.event.id),
        "matched": judged.matched,
        "explained": judged.lines,
    }
