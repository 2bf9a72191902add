"""Rules written in a test, and records that they meet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any
from uuid import UUID, uuid5

from unit.records import encode

from app.connectors.azure_activity import CONNECTOR
from app.detection.reading import read_rules
from app.detection.record import Record
from app.detection.rules import EventRule, RuleSet

_NAMES = UUID(int=5)
LOGSOURCE = "logsource: {product: azure, service: activitylogs}\n"


def rule_id(name: str) -> str:
    return str(uuid5(_NAMES, name))


def told(name: str, detection: str, more: str = "") -> str:
    """Return a rule's YAML. detection: the section's lines, with its condition or for one selection without."""
    body = detection if "condition:" in detection else f"selection:\n{indent(detection, '  ')}\ncondition: selection"
    return f"title: {name}\nid: {rule_id(name)}\n{LOGSOURCE}{more}detection:\n{indent(body, '  ')}\n"


def read(folder: Path, *texts: str, lists: Mapping[str, Sequence[str]] | None = None) -> RuleSet:
    """Read rules, each in a file of its own: 0.yml, 1.yml, …"""
    for number, text in enumerate(texts):
        (folder / f"{number}.yml").write_text(text, encoding="utf-8")
    return read_rules([folder], lists or {})


def one_rule(folder: Path, detection: str, lists: Mapping[str, Sequence[str]] | None = None) -> EventRule:
    rules = read(folder, told("The rule", detection), lists=lists)
    assert not rules.problems, rules.problems
    return next(iter(rules.rules.values()))


def record_of(document: Any, request: Mapping[str, Any] | None = None) -> Record:
    raw = document if isinstance(document, bytes) else encode(document)
    event = CONNECTOR.normalize(raw)
    assert event is not None
    return Record(event, raw, request)
