"""`aisoc connectors test`, `poll`, `audit`, `backfill` and `coverage`: reading now, and what was read."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from app.cli.backfill_view import backfill_progress, print_backfill
from app.cli.connector_views import print_audit, print_finding, print_poll, progress_on
from app.cli.coverage_view import print_coverage
from app.cli.one_connector import Name, on_connector
from app.cli.output import AsJson, print_json, stderr
from app.collection.backfill import backfill
from app.collection.facts import coverage_facts, report_facts
from app.collection.health import read_standing
from app.collection.manage import probe_connector
from app.collection.poll import Request, poll
from app.collection.result import PollResult
from app.collection.windows import Tier
from app.search.typed import parse_time
from app.service import Service
from app.storage.connectors import ConnectorRow

commands = typer.Typer()
_WAIT_FOR_POLL_SECONDS = 30


@commands.command()
def test(name: Name, as_json: AsJson = False) -> None:
    """Try a connector: sign in, ask the Activity Log for one entry, review the app's permissions.

    Exits with 1 when it could not collect.
    """

    async def work(service: Service, row: ConnectorRow) -> None:
        report = await probe_connector(service, row)
        if as_json:
            print_json(report_facts(report))
        else:
            for finding in report.findings:
                print_finding(finding)
        raise typer.Exit(0 if report.ok else 1)

    on_connector(name, work, as_json=as_json)


@commands.command(name="poll")
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

    on_connector(name, work, as_json=as_json, logs=True)


@commands.command()
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

    on_connector(name, work, as_json=as_json, logs=True)


@commands.command(name="backfill")
def backfill_(
    name: Name,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days to reach back; Azure keeps 90.")] = 90,
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

    on_connector(name, work, as_json=as_json, logs=True)


@commands.command()
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

    on_connector(name, work, as_json=as_json)


async def _read(service: Service, row: ConnectorRow, *, tier: Tier | None, since: datetime | None = None) -> PollResult:
    with stderr().status(f"Reading {row.name} …") as status:
        request = Request(tier=tier, since=since, on_pages=progress_on(status), wait_seconds=_WAIT_FOR_POLL_SECONDS)
        return await poll(service, row, request)
