"""`aisoc alerts`: the queue of alerts, and working them."""

import re
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from app.cli import suppressions
from app.cli.alert_view import print_alert, print_alerts
from app.cli.event_table import ID_DIGITS
from app.cli.operator import operator
from app.cli.output import AsJson, print_json, printable, run, stderr, stdout
from app.cli.rule_files import rule_id_of
from app.detection.alert_facts import alert_facts, detail_facts
from app.detection.alerts import AlertChange, add_note, change_alerts, list_alerts, read_alert, read_timeline
from app.detection.rule_views import all_rules
from app.errors import InvalidInput
from app.main import open_service
from app.search.typed import parse_severities, parse_time
from app.service import Service
from app.storage.alert_filter import OPEN, STATUSES, VERDICTS, AlertFilter, Status
from app.storage.alert_queries import AlertRow, find_alert_ids, unknown_alert
from app.storage.tables import id_range

app = typer.Typer(help="Alerts: what the rules found, and working it.", no_args_is_help=True)
_PAGE = 1_000
_ID = re.compile(r"[0-9a-fA-F]{4}[0-9a-fA-F-]{0,32}")
Alert = Annotated[str, typer.Argument(metavar="ALERT", help="An alert's id, or its first digits.")]
Alerts = Annotated[list[str], typer.Argument(metavar="ALERT…", help="Ids of alerts, or their first digits.")]


@app.command(name="list")
def list_(
    status: Annotated[
        list[str] | None, typer.Option(help="new, in_progress, closed, open or all; default: open. Repeatable.")
    ] = None,
    severity: Annotated[
        list[str] | None,
        typer.Option(help="info, low, medium, high, critical; medium+ for that and above. Repeatable."),
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule: id, its first digits, or title.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only of this user; nobody for those of nobody.")] = None,
    entity: Annotated[str | None, typer.Option(help="Only about this actor, IP, resource or principal.")] = None,
    text: Annotated[str | None, typer.Option(help="Only with this in the title.")] = None,
    since: Annotated[
        str | None, typer.Option(help="From this time on: 2026-05-01, 2026-05-01T10:00:00Z, 24h, 7d.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    suppressed: Annotated[bool, typer.Option("--suppressed", help="Also what a suppression holds back.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List alerts, the latest first; without options those that are open.

    Example: aisoc alerts list --severity high+ --since 7d
    """

    async def work() -> tuple[tuple[AlertRow, ...], bool]:
        async with open_service(actor=operator()) as service:
            now = service.clock.now()
            wanted = AlertFilter(
                statuses=_statuses(status or []),
                severities=tuple(parse_severities(severity or []) or ()),
                rule=None if rule is None else await rule_id_of(service, rule),
                assignee=assignee,
                entity=entity,
                text=text,
                since=parse_time(since, now),
                until=parse_time(until, now),
                suppressed=suppressed,
            )
            page = await list_alerts(service, wanted, limit)
            return page.alerts, page.next_cursor is not None

    found, more = run(work(), as_json=as_json)
    if as_json:
        print_json([alert_facts(alert) for alert in found])
    else:
        print_alerts(stdout(), found)
        if more:
            stderr().print(f"The latest {limit:,}; more with --limit.", style="dim")


@app.command()
def show(alert: Alert, as_json: AsJson = False) -> None:
    """Show an alert: what happened, to what, by whom; its events, what else the actor did, and its history.

    Example: aisoc alerts show 5be1c04a
    """

    async def work() -> tuple[Any, ...]:
        async with open_service(actor=operator()) as service:
            alert_id = await _id_of(service, alert)
            detail, timeline = await read_alert(service, alert_id), await read_timeline(service, alert_id)
            rules = all_rules(await service.rules.current(service.engine))
            return detail, timeline, rules.get(detail.alert.rule_id)

    detail, timeline, rule = run(work(), as_json=as_json)
    if as_json:
        events = [msgspec.to_builtins(event.stored.event) | {"rule_id": event.rule_id} for event in detail.events]
        print_json(detail_facts(detail) | {"events": events})
    else:
        print_alert(stdout(), detail, timeline, rule)


@app.command()
def close(
    alerts: Alerts,
    verdict: Annotated[str, typer.Option(help="true_positive, benign or false_positive.")],
    note: Annotated[str | None, typer.Option(help="Why; kept in the history.")] = None,
    as_json: AsJson = False,
) -> None:
    """Close alerts with a verdict, all or none.

    Example: aisoc alerts close 5be1c04a --verdict benign --note "Planned change CHG-1042"
    """
    if verdict not in VERDICTS:
        raise typer.BadParameter(f"{verdict!r} is none of {', '.join(VERDICTS)}.", param_hint="--verdict")
    _change(alerts, AlertChange(status="closed", verdict=verdict), note, as_json=as_json)


@app.command()
def reopen(
    alerts: Alerts,
    note: Annotated[str | None, typer.Option(help="Why; kept in the history.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open closed alerts again; the verdict is cleared."""
    _change(alerts, AlertChange(status="new"), note, as_json=as_json)


@app.command()
def assign(
    alerts: Alerts,
    to: Annotated[str, typer.Option("--to", help="A user with the role analyst or admin, or nobody.")],
    as_json: AsJson = False,
) -> None:
    """Assign alerts to a user, or take them from everybody.

    Example: aisoc alerts assign 5be1c04a --to anna
    """
    _change(alerts, AlertChange(assignee=to), None, as_json=as_json)


@app.command()
def note(
    alert: Alert,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to keep in the alert's history.")],
) -> None:
    """Add a note to an alert.

    Example: aisoc alerts note 5be1c04a "Asked anna, waiting for her answer"
    """

    async def work() -> None:
        async with open_service(actor=operator()) as service:
            await add_note(service, await _id_of(service, alert), text)

    run(work())
    stdout().print("The note is in the alert's history.")


suppressions.register(app)


def _change(typed: list[str], change: AlertChange, text: str | None, *, as_json: bool) -> None:
    async def work() -> list[AlertRow]:
        async with open_service(actor=operator()) as service:
            ids = [await _id_of(service, each) for each in typed]
            changed = await change_alerts(service, ids, change)
            if text is not None:
                for alert_id in ids:
                    await add_note(service, alert_id, text)
            return changed

    changed = run(work(), as_json=as_json)
    if as_json:
        print_json([alert_facts(alert) for alert in changed])
    for alert in [] if as_json else changed:
        words = [alert.status.replace("_", " "), alert.verdict and f"as {alert.verdict.replace('_', ' ')}"]
        words.append(alert.assignee and f"assigned to {alert.assignee}")
        told = ", ".join(filter(None, (" ".join(filter(None, words[:2])), words[2])))
        stdout().print(f"{str(alert.id)[:ID_DIGITS]} {printable(alert.title)}: {printable(told)}.", soft_wrap=True)


async def _id_of(service: Service, typed: str) -> UUID:
    """Return the id that begins so. Raises NotFound (unknown_alert), or InvalidInput (ambiguous_alert)."""
    if not _ID.fullmatch(typed) or len(typed.replace("-", "")) > 32:
        raise unknown_alert(typed[:80])
    async with service.engine.connect() as connection:
        found = await find_alert_ids(connection, *id_range(typed))
    if len(found) > 1:
        raise InvalidInput(
            "ambiguous_alert", f"More than one alert has an id that begins with {typed!r}.", "Give more of its digits."
        )
    if not found:
        raise unknown_alert(typed)
    return found[0]


def _statuses(typed: list[str]) -> tuple[Status, ...]:
    """Read statuses. Raises InvalidInput (invalid_status)."""
    known: dict[str, tuple[Status, ...]] = {"open": OPEN, "all": STATUSES} | {each: (each,) for each in STATUSES}
    chosen: list[Status] = []
    for word in typed or ["open"]:
        if word not in known:
            raise InvalidInput("invalid_status", f"{word!r} is not a status.", f"Use {', '.join(known)}.")
        chosen += known[word]
    return tuple(dict.fromkeys(chosen))
