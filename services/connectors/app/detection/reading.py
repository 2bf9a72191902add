"""Reads rule files: Sigma YAML becomes compiled rules, and every mistake a problem with its file and line."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.detection.rules import RuleSet


def read_rules(paths: Sequence[Path], expand: Mapping[str, Sequence[str]]) -> RuleSet:
    """Read files and folders (all *.yml and *.yaml below them but *.samples.yml) into rules; never raises.

    expand: by name, the values that `%name%` stands for under the modifier |expand. One bad rule stops no other: it
    is in `problems`, with file, line and reason.
    """
    raise NotImplementedError
