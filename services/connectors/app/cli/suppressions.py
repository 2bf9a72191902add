"""`aisoc alerts suppress`, `suppressions` and `unsuppress`: what nobody needs to look at for a time."""

import re
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer

from app.cli.event_table import ID_DIGITS
from app.cli.operator import operator
from app.cli.output import AsJson, print_json, printable, run, stdout, table, when
from app.cli.rule_files import rule_id_of
from app.detection.alert_facts import suppression_facts
from app.detection.rule_views import all_rules
from app.detection.suppressing import Wish, list_suppressions, suppress, unsuppress
from app.errors import InvalidInput, NotFound
from app.main import open_service
from app.search.typed import parse_time
from app.storage.alert_filter import ENTITY_KINDS, EntityKind
from app.storage.suppressions import SuppressionRow

_FROM_NOW = re.compile(r"(\d{1,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command(name="suppress")(suppress_)
    app.command(name="suppressions")(suppressions)
    app.command(name="unsuppress")(unsuppress_)


def suppress_(
    until: Annotated[str, typer.Option(help="Until this time: 8h, 7d, 2w from now, 2026-05-01, 2026-05-01T10:00:00Z.")],
    reason: Annotated[str, typer.Option(help="Why; everybody sees it.")],
    rule: Annotated[str | None, typer.Option(help="Alerts of this rule: id, its first digits, or title.")] = None,
    entity: Annotated[
        str | None, typer.Option(help="Alerts about this: actor:NAME, ip:ADDRESS, resource:ID or principal:ID.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold alerts back for a time: of a rule, about an entity, or of the rule about the entity.

    Example: aisoc alerts suppress --entity actor:deploy-bot --until 7d --reason "Migration CHG-1042"
    """

    async def work() -> SuppressionRow:
        kind, value = _entity(entity)
        async with open_service(actor=operator()) as service:
            end = _end(until, service.clock.now())
            rule_id = None if rule is None else await rule_id_of(service, rule)
            return await suppress(service, Wish(until=end, reason=reason, rule_id=rule_id, kind=kind, value=value))

    row = run(work(), as_json=as_json)
    if as_json:
        print_json(suppression_facts(row))
    else:
        stdout().print(
            f"{str(row.id)[:ID_DIGITS]} holds back {row.alerts:,} alerts, and new ones until {when(row.until)} UTC."
        )


def suppressions(
    past: Annotated[bool, typer.Option("--past", help="Those that have ended or were removed.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what holds alerts back, with the reason and how many alerts it holds."""

    async def work() -> tuple[list[SuppressionRow], dict[str, str]]:
        async with open_service(actor=operator()) as service:
            titles = {each.id: each.title for each in all_rules(await service.rules.current(service.engine)).values()}
            return await list_suppressions(service, active=not past), titles

    found, titles = run(work(), as_json=as_json)
    if as_json:
        print_json([suppression_facts(row) for row in found])
        return
    if not found:
        stdout().print("Nothing is held back." if not past else "Nothing was.")
        return
    shown = table("until (UTC)", "alerts", "rule", "entity", "reason", "by", "id")
    for row in found:
        rule = "any" if row.rule_id is None else titles.get(row.rule_id, row.rule_id)
        told = (rule, f"{row.kind}:{row.value}" if row.kind else "any", row.reason, row.created_by)
        shown.add_row(when(row.until), f"{row.alerts:,}", *map(printable, told), str(row.id)[:ID_DIGITS])
    stdout().print(shown)


def unsuppress_(
    suppression: Annotated[str, typer.Argument(metavar="ID", help="A suppression's id, or its first digits.")],
) -> None:
    """Remove a suppression: what it held back is in the queue again."""

    async def work() -> SuppressionRow:
        async with open_service(actor=operator()) as service:
            rows = await list_suppressions(service, active=True)
            found = [row for row in rows if str(row.id).startswith(suppression.lower())] if suppression else []
            if len(found) != 1:
                raise NotFound(
                    "unknown_suppression",
                    f"{len(found) or 'No'} suppressions have an id that begins with {suppression[:80]!r}.",
                    "aisoc alerts suppressions lists them.",
                )
            await unsuppress(service, UUID(str(found[0].id)))
            return found[0]

    row = run(work())
    stdout().print(f"Removed: {row.alerts:,} alerts are in the queue again, unless another suppression is about them.")


def _end(typed: str, now: datetime) -> datetime:
    """Read until when; an age means from now on. Raises InvalidInput (invalid_time)."""
    if ahead := _FROM_NOW.fullmatch(typed.strip()):
        return now + timedelta(hours=int(ahead[1]) * _HOURS[ahead[2]])
    end = parse_time(typed, now)
    assert end is not None
    return end


def _entity(typed: str | None) -> tuple[EntityKind | None, str | None]:
    """Read `actor:name`. Raises InvalidInput (invalid_suppression)."""
    if typed is None:
        return None, None
    kind, _, value = typed.partition(":")
    if kind not in ENTITY_KINDS or not value.strip():
        raise InvalidInput(
            "invalid_suppression",
            f"{typed[:80]!r} is no entity.",
            f"Write {', '.join(f'{k}:…' for k in ENTITY_KINDS)}.",
        )
    return kind, value.strip()
