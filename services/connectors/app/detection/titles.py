"""The title of an alert: what happened to what by whom, on one line of bounded length."""

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"\{(?:aisoc\.)?([a-z][a-z0-9_]*)\}")
_LONGEST_FACT = 120
_LONGEST_TITLE = 300
_MOST_VALUES = 5
# What a name in a template may be told by, best first.
_TOLD_BY = {
    "resource": ("resource_name", "resource_id"),
    "principal": ("principal", "principal_id"),
    "ip": ("src_ip",),
    "subscription": ("subscription_id",),
    "country": ("src_country",),
}


def alert_title(template: str | None, rule_title: str, facts: Mapping[str, Any]) -> str:
    """Return a template with the facts that it names in braces; without a template "Rule title: resource by actor".

    Only names in braces are replaced, in one go: what stands in a fact stays as it is. A fact that is missing is
    told by its name, as in "an unknown role".
    """
    told = _NAME.sub(lambda name: _fact(name[1], facts), template) if template else _default(rule_title, facts)
    return shortened(told, _LONGEST_TITLE) or "Alert"


def shortened(told: str, longest: int) -> str:
    """Return a text on one line, without what is not printable, cut with an ellipsis where it is longer."""
    line = " ".join("".join(each if each.isprintable() else " " for each in told).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _default(rule_title: str, facts: Mapping[str, Any]) -> str:
    resource, actor = _known("resource", facts), _known("actor", facts)
    about = f": {resource}" if resource else ""
    return f"{rule_title}{about} by {actor}" if actor else f"{rule_title}{about}"


def _fact(name: str, facts: Mapping[str, Any]) -> str:
    words = name.removesuffix("_id").replace("_", " ")
    several = words.endswith("s") and not words.endswith("ss")
    return _known(name, facts) or f"{'' if several else 'an '}unknown {words}"


def _known(name: str, facts: Mapping[str, Any]) -> str:
    for each in _TOLD_BY.get(name, (name,)):
        if told := _told(facts.get(each)):
            return told
    return ""


def _told(value: Any) -> str:
    if isinstance(value, list | tuple):
        told = [shortened(str(each), _LONGEST_FACT) for each in value[:_MOST_VALUES]]
        more = len(value) - _MOST_VALUES
        return shortened(", ".join(told), _LONGEST_FACT) + (f" and {more} more" if more > 0 else "")
    return "" if value is None else shortened(str(value), _LONGEST_FACT)
