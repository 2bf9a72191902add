"""Says why a rule matches an event or does not: the condition as a tree, with the event's own values."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.detection.record import Record
from app.detection.rules import EventRule


@dataclass(frozen=True)
class Explained:
    """One part of a condition, judged.

    text: the part, as "selection", "not filter", "operationName endswith '/write'". matched: whether it holds.
    detail: what the event has there, as "the event has: 'Succeeded'". children: the parts it is made of.
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
    """Judge each part of an event rule's condition on one record."""
    raise NotImplementedError
