"""The correlation section of a Sigma rule: which kinds can be counted in any order of arrival, and which cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast, get_args

from sigma.correlations import (
    CorrelationConditionAND,
    SigmaCorrelationCondition,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.exceptions import SigmaError

from app.detection.extension import check_fields, texts_of, timespan_of
from app.detection.rules import CorrelationType
from app.detection.yaml_documents import Mistake, Path

_KEYS = {"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"}
_LONGEST_TIMESPAN = timedelta(days=90)
# What a group has seen is read so far when something new is seen.
_MOST = 10_000
_WHERE: Path = ("correlation",)


@dataclass(frozen=True)
class CorrelationDraft:
    """A correlation whose rules are still the names that it uses: ids or names."""

    type: CorrelationType
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan: timedelta
    at_least: int
    field: str | None
    aliases: Mapping[str, Mapping[str, str]]
    generate: bool


def correlation_of(told: Any) -> CorrelationDraft:
    """Return what a correlation section says. Raises Mistake."""
    if not isinstance(told, dict):
        raise Mistake("`correlation` is a mapping of type, rules, group-by, timespan and condition.", _WHERE)
    for key in told:
        if key not in _KEYS:
            raise Mistake(f"`correlation` knows no {key!r}; it knows {', '.join(sorted(_KEYS))}.", (*_WHERE, key))
    kind = _type(told.get("type"))
    rules = _rules(told, kind)
    at_least, field = _condition(told.get("condition"), kind, rules)
    group_by = texts_of(told.get("group-by"), (*_WHERE, "group-by"))
    check_fields(group_by, (*_WHERE, "group-by"))
    check_fields([field or ""], (*_WHERE, "condition", "field"))
    return CorrelationDraft(
        type=kind,
        rules=rules,
        group_by=group_by,
        timespan=timespan_of(told.get("timespan"), (*_WHERE, "timespan"), _LONGEST_TIMESPAN),
        at_least=at_least,
        field=field,
        aliases=_aliases(told.get("aliases"), rules),
        generate=_generate(told.get("generate")),
    )


def _type(told: Any) -> CorrelationType:
    if told not in get_args(CorrelationType):
        raise Mistake(
            f"The correlation type {told!r} is not supported; supported are {', '.join(get_args(CorrelationType))}.",
            (*_WHERE, "type"),
        )
    return cast("CorrelationType", told)


def _rules(told: dict[str, Any], kind: CorrelationType) -> tuple[str, ...]:
    rules = texts_of(told.get("rules"), (*_WHERE, "rules"))
    condition = told.get("condition")
    if not rules and kind in ("temporal", "temporal_ordered") and isinstance(condition, str):
        rules = _all_of(condition)
    if not rules:
        raise Mistake("The correlation names no rules.", (*_WHERE, "rules"))
    for at, rule in enumerate(rules):
        if rule in rules[:at]:
            raise Mistake(f"The correlation names {rule!r} twice.", (*_WHERE, "rules", at))
    if kind in ("temporal", "temporal_ordered") and len(rules) < 2:
        raise Mistake(f"A {kind} correlation needs at least two rules.", (*_WHERE, "rules"))
    return rules


def _condition(told: Any, kind: CorrelationType, rules: tuple[str, ...]) -> tuple[int, str | None]:
    """Return how many are enough, and of what field."""
    path = (*_WHERE, "condition")
    if kind in ("temporal", "temporal_ordered"):
        _check_temporal(told, rules, path)
        return len(rules), None
    if not isinstance(told, dict):
        raise Mistake("The condition is a mapping such as `gte: 10`.", path)
    at_least, field = _count(told, path), told.get("field")
    if kind == "value_count" and not (isinstance(field, str) and field):
        raise Mistake("A value_count needs the field whose values it counts: `field: …` beside gte.", path)
    if kind == "event_count" and field is not None:
        raise Mistake("An event_count counts operations and has no field; use value_count.", (*path, "field"))
    return at_least, field


def _count(told: dict[str, Any], path: Path) -> int:
    try:
        read = SigmaCorrelationCondition.from_dict(told)
    except SigmaError as error:
        raise Mistake(f"The condition cannot be read: {error}.", path) from None
    operator = read.op.name.lower()
    if operator not in ("gt", "gte"):
        raise Mistake(
            f"The condition `{operator}` is not supported, only gt and gte are: with it an event that arrives late "
            "would take an alert back.",
            (*path, operator),
        )
    at_least = read.count + (operator == "gt")
    if not isinstance(read.count, int) or not 1 <= at_least <= _MOST:
        raise Mistake(f"The condition's number is a whole number from 1 to {_MOST:,}.", (*path, operator))
    return int(at_least)


def _check_temporal(told: Any, rules: tuple[str, ...], path: Path) -> None:
    """Refuse what is not "all of the rules": less cannot be told apart from another rule, "not" would take back."""
    if told is None or (isinstance(told, str) and set(_all_of(told)) == set(rules)):
        return
    if isinstance(told, dict) and _count(told, path) == len(rules):
        return
    raise Mistake("A temporal correlation wants all of its rules: leave the condition out.", path)


def _all_of(condition: str) -> tuple[str, ...]:
    """Return the rules of `a and b and c`. Raises Mistake."""
    path = (*_WHERE, "condition")
    try:
        parsed = SigmaExtendedCorrelationCondition(condition[:1000]).parsed
    except (SigmaError, RecursionError) as error:
        raise Mistake(f"The condition cannot be read: {error}.", path) from None
    parts = parsed.args if isinstance(parsed, CorrelationConditionAND) else [parsed]
    if not all(isinstance(part, SigmaRuleReference) for part in parts):
        raise Mistake(
            "Of a temporal condition only `rule_a and rule_b` is supported: with `not` an event that arrives late "
            "would take an alert back; for `or` write two correlations.",
            path,
        )
    return tuple(part.reference for part in parts if isinstance(part, SigmaRuleReference))


def _aliases(told: Any, rules: tuple[str, ...]) -> dict[str, dict[str, str]]:
    path = (*_WHERE, "aliases")
    if told is None:
        return {}
    if not isinstance(told, dict):
        raise Mistake("`aliases` maps a name to the field that it is in each rule.", path)
    for name, fields in told.items():
        if not isinstance(fields, dict) or not all(isinstance(field, str) for field in fields.values()):
            raise Mistake(f"The alias {name!r} maps rules to fields.", (*path, name))
        check_fields(fields.values(), (*path, name))
        for rule in fields:
            if rule not in rules:
                raise Mistake(
                    f"The alias {name!r} names {rule!r}, which the correlation does not.", (*path, name, rule)
                )
    return told


def _generate(told: Any) -> bool:
    if told is not None and not isinstance(told, bool):
        raise Mistake("`generate` is true or false.", (*_WHERE, "generate"))
    return bool(told)
