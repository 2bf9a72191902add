"""Judges a condition by an event's operation and category alone, with three answers: yes, no, and that depends.

Yes and no are final: rules of which it says no never meet the event, and parts of which it says either are not asked
again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from app.detection.condition import Group, Item, Negation, Node
from app.detection.literals import all_of, one_of
from app.detection.values import ExistsTest, ExpandedTest, NullTest, ReferenceTest, Test, ValueTest
from app.detection.vocabulary import CATEGORY_FIELDS, EVENT_TYPE_FIELD, OPERATION_FIELDS

# Longer operations may have been cut.
_LONGEST_WHOLE = 1024


@dataclass(frozen=True)
class Known:
    """What is known of an event, in lower case; None: it is not known. An empty category: the event has none."""

    event_type: str | None
    operation: str | None
    category: tuple[str, ...] | None

    def values(self, field: str | None) -> tuple[str, ...] | None:
        """Return all values of a field in lower case, where they are known."""
        name = (field or "").lower()
        if name in OPERATION_FIELDS:
            return None if self.operation is None else (self.operation,)
        if name in CATEGORY_FIELDS:
            return self.category
        if name == EVENT_TYPE_FIELD:
            return None if self.event_type is None else (self.event_type,)
        return None


@lru_cache(1_000)
def known_of(event_type: str, category: str) -> Known:
    """Return what these two tell. Letters beyond ASCII tell nothing: their lower case is not always one letter."""
    whole = event_type.lower() if event_type.isascii() and len(event_type) < _LONGEST_WHOLE else None
    # An event without an operation goes by its category.
    instead = event_type.lower() in {category.lower(), "unknown"}
    told = ((category.lower(),) if category else ()) if category.isascii() else None
    return Known(whole, None if instead else whole, told)


def operations_of(node: Node) -> frozenset[str] | None:
    """Return the operations in lower case of which a record has one that matches; None where it may have any."""
    match node:
        case Item() if node.field is not None and node.field.lower() in OPERATION_FIELDS:
            exact = [_exact(test) for test in node.tests]
            return one_of(exact) if node.every else all_of(exact)
        case Group():
            parts = [operations_of(part) for part in node.parts]
            return one_of(parts) if node.every else all_of(parts)
    return None


def _exact(test: Test) -> frozenset[str] | None:
    return frozenset({test.exact}) if isinstance(test, ValueTest) and test.exact is not None else None


def may_match(node: Node) -> Callable[[str, str], bool]:
    """Return what tells whether an event of an operation and category may match: no is final."""
    operations = operations_of(node)  # most rules name theirs: quicker than walking the condition

    def judge(event_type: str, category: str) -> bool:
        known = known_of(event_type, category)
        if operations is not None and known.operation is not None and known.operation not in operations:
            return False
        return may_hold(node, known) is not False

    return judge


def may_hold(node: Node, known: Known) -> bool | None:
    """Return whether a condition holds, as far as it can be told; None where that depends on more."""
    match node:
        case Negation():
            inner = may_hold(node.part, known)
            return None if inner is None else not inner
        case Group():
            judged = (may_hold(part, known) for part in node.parts)
            return _all(judged) if node.every else _any(judged)
        case Item():
            values = known.values(node.field)
            if values is None:
                return None
            tested = (_may_test(test, values) for test in node.tests)
            return _all(tested) if node.every else _any(tested)


def narrowed(node: Node, known: Known) -> Node:
    """Return a condition without the parts that are told already, for events of which this is known."""
    match node:
        case Negation():
            return Negation(node.text, narrowed(node.part, known))
        case Group():
            decided = node.every  # a part that holds says nothing in a group of which every part has to
            parts = tuple(narrowed(part, known) for part in node.parts if may_hold(part, known) is not decided)
            return Group(node.text, parts, node.every)
        case Item():
            return node


def _may_test(test: Test, values: tuple[str, ...]) -> bool | None:
    match test:
        case NullTest():
            return not values
        case ExistsTest(wanted=wanted):
            return bool(values) is wanted
        case ReferenceTest():
            return None if values else False
        case ExpandedTest():
            return _any(_may_test(inner, values) for inner in test.tests)
        case _:
            return _any(test.fits_low(value) for value in values)


def _any(judged: Iterable[bool | None]) -> bool | None:
    answer: bool | None = False
    for one in judged:
        if one:
            return True
        if one is None:
            answer = None
    return answer


def _all(judged: Iterable[bool | None]) -> bool | None:
    answer: bool | None = True
    for one in judged:
        if one is False:
            return False
        if one is None:
            answer = None
    return answer
