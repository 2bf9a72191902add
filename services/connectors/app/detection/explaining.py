"""Says why a rule matches an event or does not: the condition as a tree, with the event's own values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.detection.compiling import compiled
from app.detection.condition import Group, Item, Negation, Node
from app.detection.record import Record, Value
from app.detection.rules import EventRule
from app.detection.values import ValueTest
from app.detection.vocabulary import reads_request

_MOST_VALUES = 5
_LONGEST_VALUE = 120


@dataclass(frozen=True)
class Explained:
    """One part of a condition, judged.

    text: the part, as "selection", "not filter", "operationName endswith '/write'". matched: whether it holds.
    detail: what the event has there, as "the event has 'Succeeded'". children: the parts it is made of.
    """

    text: str
    matched: bool
    detail: str = ""
    children: tuple["Explained", ...] = ()

    def render(self, depth: int = 0) -> Iterator[str]:
        """Yield the tree as lines, indented, each with "yes" or "no"."""
        mark = "yes" if self.matched else "no "
        yield f"{mark} {'  ' * depth}{self.text}{f'  ({self.detail})' if self.detail else ''}"
        for child in self.children:
            yield from child.render(depth + 1)


def explain(rule: EventRule, record: Record) -> Explained:
    """Judge each part of an event rule's condition on one record.

    Where the rule reads a request's body that is not known, the root says so: such a record is not judged yet.
    """
    unknown = rule.needs_request and record.request is None
    detail = "not judged: it reads the request's body, which no record of the operation has brought" if unknown else ""
    if rule.condition is None:
        return Explained(rule.title, not unknown and rule.matches(record), detail)
    root = _explained(rule.condition, record)
    return Explained(rule.title, root.matched and not unknown, detail, (root,))


def _explained(node: Node, record: Record) -> Explained:
    match node:
        case Item():
            return Explained(node.text, compiled(node)(record), _detail(node, record))
        case Negation():
            part = _explained(node.part, record)
            return Explained(node.text, not part.matched, "", (part,))
        case Group():
            parts = tuple(_explained(part, record) for part in node.parts)
            judged = [part.matched for part in parts]
            return Explained(node.text, all(judged) if node.every else any(judged), "", parts)


def _detail(item: Item, record: Record) -> str:
    """Say what the event has at an item's field; of keywords, in which values they are found."""
    if item.field is None:
        found = [value for value in record.everything if _fits(item, value)]
        return f"found in {_told(found)}" if found else "found in no value"
    if values := record.seen(item.field):
        return f"the event has {_told(values)}"
    if reads_request(item.field) and record.request is None:
        return "the request's body is not known"
    return "the event has no such value"


def _fits(item: Item, value: Value) -> bool:
    return any(isinstance(test, ValueTest) and test.matches(value) for test in item.tests)


def _told(values: Sequence[Value]) -> str:
    shown = [_short(value) for value in values[:_MOST_VALUES]]
    more = len(values) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _short(value: Value) -> str:
    text = value.text if len(value.text) <= _LONGEST_VALUE else f"{value.text[:_LONGEST_VALUE]}…"
    return f"'{text}'" if isinstance(value.raw, str) else text
