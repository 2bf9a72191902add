"""`aisoc rules hunt`: what a rule would have found in stored history."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.hunt_view import hunt_progress, print_hunt
from app.cli.operator import operator
from app.cli.output import AsJson, print_json, run
from app.cli.rule_files import RuleName, named_rule
from app.main import open_service
from app.search.typed import parse_time

if TYPE_CHECKING:
    from app.detection.hunting import HuntResult


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(hunt)


def hunt(
    rule: RuleName,
    since: Annotated[str, typer.Option(help="From this time on: 2026-05-01, 2026-05-01T10:00:00Z, 24h, 7d.")] = "30d",
    until: Annotated[str | None, typer.Option(help="Before this time; default: now.")] = None,
    alerts: Annotated[bool, typer.Option("--alerts", help="Also make the alerts it would have made.")] = False,
    limit: Annotated[int, typer.Option(min=0, max=1_000, help="Print so many findings at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Judge stored history by a rule: what it would have found. Ctrl-C stops it and tells what was found so far.

    Example: aisoc rules hunt my-rules/owner_granted.yml --since 30d
    """
    so_far: list[HuntResult] = []

    async def work() -> bool:
        from app.detection.hunting import hunt as hunted  # noqa: PLC0415 - the Sigma parser takes its time to load

        async with open_service(actor=operator()) as service:
            rules, wanted = named_rule(await service.rules.current(service.engine), rule)
            now = service.clock.now()
            start, end = parse_time(since, now), parse_time(until, now) or now
            assert start is not None
            with hunt_progress(wanted.title) as move:

                def note(result: "HuntResult") -> None:
                    so_far[:] = [result]
                    move(result)

                try:
                    await hunted(service, rules, wanted, start, end, note, make_alerts=alerts)
                except asyncio.CancelledError:
                    return False
        return True

    whole = run(work(), as_json=as_json, log_level="WARNING")
    if so_far and as_json:
        print_json(so_far[0].facts() | {"complete": whole})
    elif so_far:
        print_hunt(so_far[0], limit, whole=whole)
    raise typer.Exit(0 if whole else 130)
