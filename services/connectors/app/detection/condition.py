"""A rule's condition as a tree; judging, judging in part and explaining walk the same one."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.detection.values import ExpandedTest, ReferenceTest, Test


@dataclass(frozen=True)
class Item:
    """What is asked of one field, or of all values of the event (field None: keywords).

    every: each of the tests has to hold (|all), not one. text: the item as people read it.
    """

    field: str | None
    text: str
    tests: tuple[Test, ...]
    every: bool = False


@dataclass(frozen=True)
class Group:
    """Parts of which each has to hold (every), or one."""

    text: str
    parts: tuple["Node", ...]
    every: bool


@dataclass(frozen=True)
class Negation:
    """Holds where its part does not."""

    text: str
    part: "Node"


Node = Item | Group | Negation


def fields_of(node: Node) -> Iterator[str]:
    """Yield the fields that a condition reads, in lower case."""
    match node:
        case Item():
            if node.field is not None:
                yield node.field.lower()
            yield from _referred(node.tests)
        case Group():
            for part in node.parts:
                yield from fields_of(part)
        case Negation():
            yield from fields_of(node.part)


def _referred(tests: tuple[Test, ...]) -> Iterator[str]:
    for test in tests:
        if isinstance(test, ReferenceTest):
            yield test.field.lower()
        elif isinstance(test, ExpandedTest):
            yield from _referred(test.tests)
