"""What a Sigma rule means, told a second time: pySigma's own tree over a plain object, without any haste."""

import ipaddress
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import yaml
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.modifiers import SigmaEndswithModifier, SigmaStartswithModifier
from sigma.rule import SigmaDetectionItem, SigmaRule
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)

# Fields that stand elsewhere in a REST record than their name says.
ELSEWHERE = {
    "operationname": ("operationName", "value"),
    "operationnamevalue": ("operationName", "value"),
    "category": ("category", "value"),
    "categoryvalue": ("category", "value"),
    "correlationid": ("correlationId",),
}


def matches(rule: str, record: dict[str, Any]) -> bool:
    """Return whether a rule (YAML) matches a REST record."""
    detection = SigmaRule.from_dict(yaml.safe_load(rule)).detection
    modifiers = {id(value): item.modifiers for one in detection.detections.values() for item, value in written(one)}
    return holds(detection.parsed_condition[0].parsed, record, modifiers)


def written(detection: Any) -> Iterator[tuple[SigmaDetectionItem, Any]]:
    """Yield the values of a selection, each with the item that it stands in."""
    for item in detection.detection_items:
        if isinstance(item, SigmaDetectionItem):
            yield from ((item, value) for value in item.value)
        else:
            yield from written(item)


def holds(tree: Any, record: dict[str, Any], modifiers: dict[int, Any]) -> bool:
    match tree:
        case ConditionAND():
            return all(holds(part, record, modifiers) for part in tree.args)
        case ConditionOR():
            return any(holds(part, record, modifiers) for part in tree.args)
        case ConditionNOT():
            return not holds(tree.args[0], record, modifiers)
        case ConditionFieldEqualsValueExpression():
            return asks(tree.value, at(record, tree.field), record)
        case ConditionValueExpression():
            return any(found(tree.value, value, modifiers[id(tree.value)]) for value in leaves(record))
    raise AssertionError(tree)


def at(value: Any, path: str) -> list[Any]:
    """Return all single values at a path, none of them null."""
    if path.lower() in ELSEWHERE:
        for key in ELSEWHERE[path.lower()]:
            value = value.get(key) if isinstance(value, dict) else None
        return leaves_of_list(value)
    return leaves_of_list(walked([value], path.lower()))


def walked(values: list[Any], path: str) -> list[Any]:
    if not path:
        return values
    found = []
    for value in values:
        inner = unpacked(value)
        if isinstance(inner, list):
            found += walked(inner, path)
        elif isinstance(inner, dict):
            for key, below in inner.items():
                if path == key.lower():
                    found.append(below)
                elif path.startswith(key.lower() + "."):
                    found += walked([below], path[len(key) + 1 :])
    return found


def unpacked(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def leaves_of_list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [leaf for element in value for leaf in leaves_of_list(element)]
    return [] if value is None else [value]


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in leaves(inner)]
    return [] if value is None else [value]


def asks(wanted: Any, values: list[Any], record: dict[str, Any]) -> bool:
    match wanted:
        case SigmaNull():
            return not values
        case SigmaExists():
            return bool(values) == wanted.exists
        case SigmaFieldReference():
            others = at(record, wanted.field)
            return any(refers(wanted, told(mine).lower(), told(other).lower()) for mine in values for other in others)
    return any(fits(wanted, value) for value in values)


def refers(wanted: SigmaFieldReference, mine: str, other: str) -> bool:
    if wanted.starts_with and wanted.ends_with:
        return other in mine
    if wanted.starts_with:
        return mine.startswith(other)
    return mine.endswith(other) if wanted.ends_with else mine == other


def told(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else str(value)


def found(wanted: Any, value: Any, modifiers: list[Any]) -> bool:
    """Return whether a keyword is found in a value: anywhere in it, unless it says where."""
    if isinstance(wanted, SigmaExpansion):
        return any(found(one, value, modifiers) for one in wanted.values)
    if isinstance(wanted, SigmaString):
        front = [] if SigmaStartswithModifier in modifiers else [SpecialChars.WILDCARD_MULTI]
        back = [] if SigmaEndswithModifier in modifiers else [SpecialChars.WILDCARD_MULTI]
        return like([*front, *wanted.s, *back], told(value), cased=isinstance(wanted, SigmaCasedString))
    return fits(wanted, value)


def fits(wanted: Any, value: Any) -> bool:
    match wanted:
        case SigmaExpansion():
            return any(fits(one, value) for one in wanted.values)
        case SigmaString():
            return like(wanted.s, told(value), cased=isinstance(wanted, SigmaCasedString))
        case SigmaBool():
            return told(value).lower() == str(wanted.boolean).lower()
        case SigmaCompareExpression():
            return compares(wanted, value)
        case SigmaTimestampPart():
            return part(wanted, value) == wanted.number
        case SigmaNumber():
            return number(value) == wanted.number
        case SigmaRegularExpression():
            flags = sum((re.RegexFlag[flag.name] for flag in wanted.flags), re.RegexFlag(0))
            return re.search(str(wanted.regexp), told(value), flags) is not None
        case SigmaCIDRExpression():
            return inside(wanted, told(value))
    raise AssertionError(wanted)


def compares(wanted: SigmaCompareExpression, value: Any) -> bool:
    limit = wanted.number.number
    have = part(wanted.number, value) if isinstance(wanted.number, SigmaTimestampPart) else number(value)
    if have is None:
        return False
    return {"LT": have < limit, "LTE": have <= limit, "GT": have > limit, "GTE": have >= limit}[wanted.op.name]


def number(value: Any) -> int | float | None:
    try:
        text = told(value).lower()
        return float(text) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", text) else None
    except ValueError:
        return None


def part(wanted: SigmaTimestampPart, value: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(told(value))
    except ValueError:
        return None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    name = wanted.timestamp_part.name.lower()
    return moment.isocalendar().week if name == "week" else int(getattr(moment, name))


def inside(wanted: SigmaCIDRExpression, text: str) -> bool:
    try:
        return ipaddress.ip_address(text) in wanted.network
    except ValueError:
        return False


def like(parts: list[Any], text: str, *, cased: bool) -> bool:
    """Return whether a text is literal texts with wildcards in between."""
    if not parts:
        return not text
    first, rest = parts[0], parts[1:]
    if first is SpecialChars.WILDCARD_MULTI:
        return any(like(rest, text[cut:], cased=cased) for cut in range(len(text) + 1))
    if first is SpecialChars.WILDCARD_SINGLE:
        return bool(text) and like(rest, text[1:], cased=cased)
    head = text[: len(first)]
    same = head == first if cased else head.lower() == first.lower()
    return same and like(rest, text[len(first) :], cased=cased)
