"""Mistakes in rule files, as people and editors read them."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from app.cli.output import printable, stderr
from app.detection.countries import unusable
from app.detection.rules import Problem, Rule


def print_problems(problems: Sequence[Problem]) -> None:
    """Print each problem as file:line: reason, on standard error."""
    for problem in problems:
        stderr().print(Text(_told(problem)), soft_wrap=True)


def print_needs(rules: Iterable[Rule]) -> None:
    """Print for each rule that can find nothing here what it needs, on standard error."""
    for rule in rules:
        if needed := unusable(rule):
            stderr().print(Text(printable(f"{rule.title}: {needed}"), style="dim"), soft_wrap=True)


def _told(problem: Problem) -> str:
    """Return a problem as one line that editors understand."""
    return printable(f"{problem.path}:{problem.line or 1}: {problem.reason}")
