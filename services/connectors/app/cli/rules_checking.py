"""`aisoc rules check` and `test`: whether rule files can be used, and do what their samples say. Without a database."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from app.cli.output import AsJson, fail, print_json, printable, stderr, stdout
from app.cli.rule_files import check_paths, default_folders, expand_values, open_countries
from app.cli.rule_problems import print_needs, print_problems
from app.detection.rule_facts import problem_facts
from app.errors import AisocError

if TYPE_CHECKING:
    from app.detection.samples import SampleResult

_Paths = list[Path]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(check)
    app.command(name="test")(try_samples)


def check(
    paths: Annotated[_Paths, typer.Argument(metavar="PATH…", help="Rule files, and folders of them.")],
    as_json: AsJson = False,
) -> None:
    """Check rule files: each mistake is told as file:line: reason. Exits with 1 when there is one.

    Example: aisoc rules check my-rules/
    """
    from app.detection.reading import read_rules  # noqa: PLC0415 - the Sigma parser takes its time to load

    try:
        open_countries()
        found = read_rules(check_paths(paths), expand_values())
    except AisocError as error:
        fail(error, as_json=as_json)
    rules = len(found.rules) + len(found.correlations)
    if as_json:
        print_json({"rules": rules, "problems": [problem_facts(problem) for problem in found.problems]})
    else:
        print_problems(found.problems)
        print_needs([*found.rules.values(), *found.correlations.values()])
        told = f"{len(found.problems):,} problems" if found.problems else "no problem"
        stdout().print(f"{rules:,} rules can be used, {told}.")
    raise typer.Exit(1 if found.problems else 0)


def try_samples(
    paths: Annotated[
        _Paths | None,
        typer.Argument(metavar="[PATH]…", help="Rule files and folders; default: the shipped rules and your own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge the samples beside the rules, and tell which came out otherwise than expected, and why.

    Exits with 1 when one did, or when a rule or its samples cannot be read.

    Example: aisoc rules test my-rules/owner_granted.yml
    """
    from app.detection.samples import check_samples  # noqa: PLC0415 - as above

    try:
        expand = expand_values()
        results = [result for path in check_paths(paths or default_folders()) for result in check_samples(path, expand)]
    except AisocError as error:
        fail(error, as_json=as_json)
    failed = [result for result in results if not result.passed]
    if as_json:
        print_json([_facts(result) for result in results])
    else:
        _print_failed(failed)
        rules = len({(result.path, result.rule) for result in results})
        stdout().print(f"{len(results) - len(failed):,} of {len(results):,} samples of {rules:,} rules passed.")
    if not results:
        stderr().print("There are no samples: they stand beside a rule, in <name>.samples.yml.", style="dim")
    raise typer.Exit(1 if failed else 0)


def _print_failed(failed: "Sequence[SampleResult]") -> None:
    console = stdout()
    for path, results in groupby(failed, key=lambda result: result.path):
        console.print(Text(printable(str(path)), style="bold"), soft_wrap=True)
        for result in results:
            console.print(Text(f"  {printable(result.name or 'samples')}: {_verdict(result)}"), soft_wrap=True)
            for line in result.why:
                console.print(Text(f"    {printable(line)}", style="dim"), soft_wrap=True)


def _verdict(result: "SampleResult") -> str:
    if result.got is None:
        return "cannot be judged"
    wanted, got = ("to match", "does not") if result.expected else ("not to match", "does")
    return f"{result.rule} was expected {wanted}, and {got}"


def _facts(result: "SampleResult") -> dict[str, Any]:
    return {
        "file": str(result.path),
        "rule": result.rule,
        "name": result.name,
        "expected": result.expected,
        "got": result.got,
        "passed": result.passed,
        "why": result.why,
    }
