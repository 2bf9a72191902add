"""The rules of the measurements: none, the shipped ones, and as many as a large organisation has."""

from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from app.detection.rulebook import shipped_rules

MANY = 300


def rule_folders(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return by name the folders of rules to measure. folder: where to write those that have to be made."""
    shipped = [document for place in shipped_rules() for document in _documents(place)]
    folder.mkdir()
    made = list(_made(shipped, MANY - len(shipped)))
    for number, document in enumerate(made):
        (folder / f"{number}.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    own = tuple(str(place) for place in shipped_rules())
    many = (*own, str(folder)) if made else own
    return {
        "without rules": (),
        f"the {len(shipped)} shipped rules": own,
        f"{len(shipped) + len(made)} rules": many,
    }


def _documents(folder: Path) -> list[dict[str, Any]]:
    files = [file for file in sorted(folder.rglob("*.yml")) if not file.name.endswith(".samples.yml")]
    return [document for file in files for document in yaml.safe_load_all(file.read_text()) if document]


def _made(shipped: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Return so many further rules, each like a shipped one: on the same operation, of somebody else.

    So each of them has to be judged where its pattern is, as rules are that an organisation writes for its own people.
    """
    patterns = [document for document in shipped if "detection" in document]
    return [_like(patterns[place % len(patterns)], place) for place in range(number)] if patterns else []


def _like(pattern: dict[str, Any], number: int) -> dict[str, Any]:
    detection = dict(pattern["detection"])
    conditions = detection["condition"]
    condition = conditions if isinstance(conditions, str) else " or ".join(f"({each})" for each in conditions)
    somebody = {"Caller|endswith": f"person-{number}@fabrikam.example"}
    detection |= {"somebody": somebody, "condition": f"({condition}) and somebody"}
    own = {"id": str(uuid5(NAMESPACE_URL, f"aisoc/bench/{number}")), "title": f"{pattern['title']} ({number})"}
    extension = {name: value for name, value in pattern.get("aisoc", {}).items() if name != "alerts"}
    return (
        {name: value for name, value in pattern.items() if name != "name"}
        | own
        | {
            "detection": detection,
            "aisoc": extension,
        }
    )
