"""The detection section of a Sigma rule becomes a condition's tree; pySigma reads the items and the condition."""

from collections.abc import Mapping
from typing import Any

from pyparsing import ParseBaseException
from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
    SigmaCondition,
    unwrap_parse_result_operand,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaDetection, SigmaDetections

from app.detection.condition import Group, Negation, Node
from app.detection.items import POLICY, Lists, item_of
from app.detection.yaml_documents import Mistake, Path

_LONGEST_CONDITION = 2000
_DEEPEST_CONDITION = 20
_WHERE: Path = ("detection",)
_NOTHING = SigmaDetection.from_definition("")


def condition_of(detection: Any, lists: Lists) -> Node:
    """Return the tree of a detection section. lists: what |expand puts in, by name. Raises Mistake."""
    if not isinstance(detection, dict):
        raise Mistake("The detection is a mapping of selections, and a condition over them.", _WHERE)
    if "condition" not in detection:
        raise Mistake("The detection has no condition.", _WHERE)
    selections = {
        str(name): _selection(str(name), definition, lists)
        for name, definition in detection.items()
        if name != "condition"
    }
    if not selections:
        raise Mistake("The detection has no selections.", _WHERE)
    conditions = detection["condition"]
    several = isinstance(conditions, list)
    parts = [
        _Condition(selections, (*_WHERE, "condition", *((at,) if several else ()))).read(condition)
        for at, condition in enumerate(conditions if several else [conditions])
    ]
    if not parts:
        raise Mistake("The detection has no condition.", (*_WHERE, "condition"))
    return parts[0] if len(parts) == 1 else Group("one of the conditions", tuple(parts), every=False)


def _selection(name: str, definition: Any, lists: Lists) -> Node:
    return _part(name, definition, (*_WHERE, name), lists)


def _part(name: str, definition: Any, path: Path, lists: Lists) -> Node:
    """Return a mapping (each item holds), a list of mappings (one holds) or keywords (one is found)."""
    if isinstance(definition, dict):
        items = [item_of(str(key), value, (*path, str(key)), lists) for key, value in definition.items()]
        return Group(name, tuple(items), every=True)
    if isinstance(definition, list) and any(isinstance(element, (dict, list)) for element in definition):
        parts = [
            _part(f"{name}, alternative {at + 1}", element, (*path, at), lists) for at, element in enumerate(definition)
        ]
        return Group(name, tuple(parts), every=False)
    return Group(name, (item_of(None, definition, path, lists),), every=True)


class _Condition:
    """Reads one condition over named selections."""

    def __init__(self, selections: Mapping[str, Node], path: Path) -> None:
        # pySigma looks for names in it only.
        self._detections = SigmaDetections(dict.fromkeys(selections, _NOTHING), ["unread"], policy=POLICY)
        self._selections = selections
        self._path = path

    def read(self, condition: Any) -> Node:
        """Return the condition's tree. Raises Mistake."""
        if not isinstance(condition, str):
            raise self._mistake("A condition is a text such as `selection and not filter`.")
        if len(condition) > _LONGEST_CONDITION or condition.count("(") > _DEEPEST_CONDITION:
            raise self._mistake("The condition is too long: put parts of it into selections.")
        try:
            return self._node(SigmaCondition(condition, self._detections).parse(postprocess=False))
        except (SigmaError, ParseBaseException, RecursionError) as error:
            raise self._mistake(f"The condition {condition!r} cannot be read: {error}.") from None

    def _mistake(self, reason: str) -> Mistake:
        return Mistake(reason, self._path)

    def _node(self, parsed: Any) -> Node:
        match unwrap_parse_result_operand(parsed):
            case ConditionIdentifier(identifier=name):
                return self._named(name)
            case ConditionSelector() as selector:
                return self._several(selector)
            case ConditionNOT(args=[part]):
                node = self._node(part)
                return Negation(f"not {node.text}", node)
            case (ConditionAND() | ConditionOR()) as group:
                every = isinstance(group, ConditionAND)
                parts = tuple(self._node(part) for part in group.args)
                return Group("all of these" if every else "one of these", parts, every=every)
        raise self._mistake("The condition cannot be read.")

    def _named(self, name: str) -> Node:
        if name not in self._selections:
            known = ", ".join(self._selections)
            raise self._mistake(f"The condition names {name!r}, which is not defined; defined are: {known}.")
        return self._selections[name]

    def _several(self, selector: ConditionSelector) -> Node:
        found = [identifier.identifier for identifier in selector.resolve_referenced_detections(self._detections)]
        told = f"{selector.args[0]} of {selector.pattern}"
        if not found:
            raise self._mistake(f"The condition asks for `{told}`, but no selection has such a name.")
        every = selector.cond_class is ConditionAND
        return Group(told, tuple(self._named(name) for name in found), every=every)
