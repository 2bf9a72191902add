"""Judges the text of rules that somebody is writing, by the same reader that reads the files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.detection.reading import read_rules
from app.detection.rules import Problem, Rule

LONGEST = 100_000
_TOO_LONG = f"The text is longer than {LONGEST:,} characters."


@dataclass(frozen=True)
class Checked:
    """What a text has: rules that can be used, and what cannot."""

    rules: tuple[Rule, ...]
    problems: tuple[Problem, ...]


def check_text(text: str, expand: Mapping[str, Sequence[str]]) -> Checked:
    """Read a text as a rule file is read. Takes up to a second: call it in a thread."""
    with TemporaryDirectory(prefix="aisoc-rule-") as folder:
        file = Path(folder) / "rule.yml"
        if len(text) > LONGEST:
            return Checked((), (Problem(file, 0, _TOO_LONG),))
        file.write_text(text, encoding="utf-8", errors="replace")
        found = read_rules([file], expand)
    return Checked((*found.rules.values(), *found.correlations.values()), found.problems)
