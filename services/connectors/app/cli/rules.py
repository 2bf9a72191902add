"""`aisoc rules`: the detection rules, which of them are on, and the tools to write and try them."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli import rules_checking, rules_explaining, rules_hunting
from app.cli.operator import operator
from app.cli.output import AsJson, print_json, printable, run, severity_text, stderr, stdout
from app.cli.rule_files import has_database, read_settings_rules
from app.cli.rule_problems import print_problems
from app.cli.rule_view import print_rule
from app.detection.rule_facts import known_facts, problem_facts, rule_facts, whole_facts
from app.detection.rule_views import RulesView, RuleView, list_rules, read_rule
from app.detection.rules import Rule
from app.detection.switching import switch_rule
from app.errors import AisocError
from app.events.event import Severity
from app.main import open_service
from app.search.typed import parse_severities

app = typer.Typer(help="Detection rules: what is watched for, and tools to write and try rules.", no_args_is_help=True)
RuleName = Annotated[str, typer.Argument(metavar="RULE", help="A rule's id, its first digits, or the whole title.")]


@app.command(name="list")
def list_(
    severity: Annotated[
        list[str] | None,
        typer.Option(help="info, low, medium, high, critical; medium+ for that and above. Repeatable."),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Only rules that are off.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the rules, the most severe first, and below them what could not be read (exit code 1 then).

    Example: aisoc rules list --severity high+
    """

    async def work() -> tuple[RulesView, set[Severity], bool]:
        chosen = set(parse_severities(severity or []) or Severity)
        view, counted = await _rules()
        return view, chosen, counted

    view, chosen, counted = run(work(), as_json=as_json)
    wanted = [each for each in view.rules if each.rule.severity in chosen and not (off and each.on)]
    wanted.sort(key=lambda each: (-each.rule.severity.rank, each.rule.title.lower()))
    if as_json:
        problems = [problem_facts(each) for each in view.problems]
        print_json(
            {
                "rules": [rule_facts(each) if counted else known_facts(each.rule) for each in wanted],
                "problems": problems,
            }
        )
    else:
        _print_list(wanted, counted=counted)
        print_problems(view.problems)
    raise typer.Exit(1 if view.problems else 0)


@app.command()
def show(rule: RuleName, as_json: AsJson = False) -> None:
    """Show a rule: what it watches for and why it matters, false positives, what to do, and its source.

    Example: aisoc rules show "Owner granted at subscription scope"
    """

    async def work() -> tuple[RuleView, bool]:
        if not has_database():
            found = read_settings_rules().find(rule)
            return RuleView(found, on=True), False
        async with open_service(actor=operator()) as service:
            found = (await service.rules.current(service.engine)).find(rule)
            return await read_rule(service, found.id), True

    view, counted = run(work(), as_json=as_json)
    if as_json:
        print_json((rule_facts(view) if counted else known_facts(view.rule)) | whole_facts(view.rule))
    else:
        print_rule(stdout(), view, counted=counted)


@app.command()
def on(rule: RuleName) -> None:
    """Turn a rule on again; workers and console follow within seconds."""
    _switch(rule, on=True)


@app.command()
def off(rule: RuleName) -> None:
    """Turn a rule off: it matches nothing any more, its alerts stay.

    Example: aisoc rules off "A public IP address was created"
    """
    _switch(rule, on=False)


rules_checking.register(app)
rules_explaining.register(app)
rules_hunting.register(app)


def _switch(typed: str, *, on: bool) -> None:
    async def work() -> Rule:
        async with open_service(actor=operator()) as service:
            rule = (await service.rules.current(service.engine)).find(typed)
            await switch_rule(service, rule.id, on)
            return rule

    rule = run(work())
    stdout().print(f"{printable(rule.title)} is {'on' if on else 'off'}.", soft_wrap=True)


async def _rules() -> tuple[RulesView, bool]:
    """Return the rules, and whether a database told which are on and how often they hit."""
    if has_database():
        try:
            async with open_service(actor=operator()) as service:
                return await list_rules(service), True
        except AisocError as error:
            stderr().print(f"Without hits, and as if all were on: {printable(error.message)}", style="dim")
    rules = read_settings_rules()
    found: list[Rule] = [*rules.rules.values(), *rules.correlations.values()]
    return RulesView(tuple(RuleView(rule, on=True) for rule in found), rules.problems), False


def _print_list(views: list[RuleView], *, counted: bool) -> None:
    """Print a table that fits the terminal, a line a rule; in a pipe nothing is cut."""
    console = stdout()
    if not views:
        console.print("No rule is so.")
        return
    terminal, folder = console.is_terminal, _common(views)
    shown = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0), expand=terminal)
    columns = [("severity", 0), ("title", 4), ("kind", 0), ("techniques", 1)]
    for name, share in [*columns, *([("", 0), ("hits, 30 d", 0)] if counted else []), ("file", 2)]:
        shown.add_column(name, no_wrap=True, overflow="ellipsis", ratio=share or None if terminal else None)
    for view in views:
        rule = view.rule
        state = ["" if view.on else "off", f"{view.hits:,}" if view.hits else "-"] if counted else []
        file = str(rule.path.relative_to(folder) if terminal and folder else rule.path)
        told = (printable(rule.title), rule.kind.replace("_", " "), " ".join(rule.techniques), *state, printable(file))
        shown.add_row(severity_text(rule.severity), *told)
    console.print(shown)


def _common(views: list[RuleView]) -> Path | None:
    """Return the folder that all the rules are below, where there is one."""
    try:
        return Path(os.path.commonpath([view.rule.path.parent for view in views]))
    except ValueError:
        return None
