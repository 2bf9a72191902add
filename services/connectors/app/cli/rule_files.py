"""Where rules come from on the command line: the settings' folders, without a database, or a file that is named."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.detection.countries import Countries, use_countries
from app.detection.rulebook import rule_folders
from app.detection.rules import ActiveRules, Rule, RuleSet
from app.errors import InvalidInput
from app.service import Service
from app.settings import Settings, read_settings

_WHOLE_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SEVERITY = "severity:"
RuleName = Annotated[
    str, typer.Argument(metavar="RULE", help="A rule's id, its first digits, its whole title, or a rule file.")
]


def has_database(settings: Settings | None = None) -> bool:
    """Whether there is a database already: one is named, or the private one was made before."""
    settings = settings or read_settings()
    return settings.database_url is not None or (settings.home / "postgres").is_dir()


def default_folders(settings: Settings | None = None) -> list[Path]:
    """Return the folder of the shipped rules, and those of the settings. Raises InvalidInput (invalid_setting)."""
    return rule_folders((settings or read_settings()).rules)


def expand_values(settings: Settings | None = None) -> Mapping[str, tuple[str, ...]]:
    """Return the settings' values for |expand. Raises InvalidInput (invalid_setting) where they cannot be read."""
    from app.detection.rule_values import read_values  # noqa: PLC0415 - most commands need no YAML

    file = (settings or read_settings()).rule_values
    return {} if file is None else read_values(file)


def open_countries(settings: Settings | None = None) -> None:
    """Let rules read countries, where the settings name a database. Raises InvalidInput (unreadable_countries)."""
    use_countries(Countries((settings or read_settings()).countries))


def check_paths(paths: Sequence[Path]) -> list[Path]:
    """Return the paths. Raises InvalidInput (file_unreadable) for one that does not exist."""
    for path in paths:
        if not path.exists():
            raise InvalidInput("file_unreadable", f"There is no file or folder {path}.", "Check the path.")
    return list(paths)


def read_settings_rules(*more: Path) -> ActiveRules:
    """Read the shipped rules and those of the settings' folders, and further files; all of them count as on.

    Raises InvalidInput (invalid_setting, unreadable_countries) where the values for |expand, or the countries, cannot
    be read.
    """
    from app.detection.reading import read_rules  # noqa: PLC0415 - the Sigma parser takes its time to load

    open_countries()
    found = read_rules([*default_folders(), *more], expand_values())
    return ActiveRules(found.rules, found.correlations, found.problems)


def named_rule(rules: RuleSet, typed: str) -> tuple[RuleSet, Rule]:
    """Return the rule that was typed, an id, a title or a rule file, and the rules with those of the file.

    Raises NotFound (unknown_rule), or InvalidInput (not_one_rule) where a file has none or several.
    """
    from app.detection.reading import read_rules  # noqa: PLC0415 - as above

    file = Path(typed)
    if not file.is_file():
        return rules, _active(rules).find(typed)
    found = read_rules([file], expand_values())
    own: list[Rule] = list(found.correlations.values()) or list(found.rules.values())
    if len(own) != 1:
        problems = " ".join(f"Line {problem.line}: {problem.reason}" for problem in found.problems)
        raise InvalidInput(
            "not_one_rule",
            f"{file} has {len(own)} rules that can be used. {problems}".strip(),
            "Give a file with one rule, or with one correlation of its rules; aisoc rules check tells its mistakes.",
        )
    return RuleSet({**rules.rules, **found.rules}, {**rules.correlations, **found.correlations}), own[0]


def _active(rules: RuleSet) -> ActiveRules:
    return rules if isinstance(rules, ActiveRules) else ActiveRules(rules.rules, rules.correlations)


async def rule_id_of(service: Service, typed: str) -> str:
    """Return the id of a rule by its id, first digits or title; alerts of rules that are gone are asked for by id."""
    if _WHOLE_ID.fullmatch(typed) or typed.startswith(_SEVERITY):
        return typed.lower()
    return (await service.rules.current(service.engine)).find(typed).id
