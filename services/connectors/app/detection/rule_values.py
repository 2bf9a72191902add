"""The operator's lists for |expand: which values stand for `%admins%` in rules (AISOC_RULE_VALUES)."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from app.errors import InvalidInput

Lists = Mapping[str, tuple[str, ...]]

_LARGEST = 8 << 20


def read_values(path: Path) -> Lists:
    """Read a TOML, YAML or JSON file of lists by name. Raises InvalidInput (invalid_setting) that says the mistake."""
    try:
        if path.stat().st_size > _LARGEST:
            raise _mistake(path, f"it is larger than {_LARGEST >> 20} MB")
        told = _parsed(path, path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _mistake(path, str(error.strerror)) from None
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise _mistake(path, " ".join(str(error).split())) from None
    if not isinstance(told, dict):
        raise _mistake(path, "it maps no names to lists")
    return {str(name): _values(path, str(name), values) for name, values in told.items()}


def _parsed(path: Path, text: str) -> Any:
    match path.suffix.lower():
        case ".toml":
            return tomllib.loads(text)
        case ".json":
            return json.loads(text)
        case _:
            return yaml.safe_load(text)


def _values(path: Path, name: str, values: Any) -> tuple[str, ...]:
    listed = values if isinstance(values, list) else [values]
    if not listed or not all(isinstance(value, (str, int, float)) for value in listed):
        raise _mistake(path, f"{name!r} is no list of texts or numbers")
    return tuple(str(value) for value in listed)


def _mistake(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(
        "invalid_setting",
        f"The rule values {path} cannot be used: {reason}.",
        'Correct the file, or unset AISOC_RULE_VALUES; it holds lists by name, such as admins = ["anna@contoso.com"].',
    )
