"""Mistakes in rule files, as people and editors read them."""

from collections.abc import Sequence

from rich.text import Text

from app.cli.output import printable, stderr
from app.detection.rules import Problem


def print_problems(problems: Sequence[Problem]) -> None:
    """Print each problem as file:line: reason, on standard error."""
    for problem in problems:
        stderr().print(Text(_told(problem)), soft_wrap=True)


def _told(problem: Problem) -> str:
    """Return a problem as one line that editors understand."""
    return printable(f"{problem.path}:{problem.line or 1}: {problem.reason}")
