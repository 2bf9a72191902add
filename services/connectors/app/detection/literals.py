"""Texts without which a record cannot match a rule's keywords, looked for in its bytes before anything is decoded."""

import re
from collections.abc import Iterable
from typing import TypeVar

from app.detection.condition import Group, Item, Node
from app.detection.values import Test, ValueTest

# JSON writes these as they are (a slash in most cases); what else a text holds may be escaped.
_AS_WRITTEN = re.compile(r"[a-z0-9._:@/ -]+")
_SHORTEST = 3

Text = TypeVar("Text", str, bytes)


def literals_of(node: Node) -> frozenset[bytes] | None:
    """Return texts of which a record that matches has at least one, in lower case; None where that cannot be told."""
    match node:
        case Item(field=None):
            return _of_tests(node.tests, every=node.every)
        case Group():
            parts = [literals_of(part) for part in node.parts]
            return one_of(parts) if node.every else all_of(parts)
    return None


def _of_tests(tests: Iterable[Test], *, every: bool) -> frozenset[bytes] | None:
    found = [_of_test(test) for test in tests]
    return one_of(found) if every else all_of(found)


def _of_test(test: Test) -> frozenset[bytes] | None:
    if not isinstance(test, ValueTest):
        return None
    runs = [run for part in test.literals for run in _AS_WRITTEN.findall(part)]
    longest = max(runs, key=len, default="")
    return frozenset({longest.encode()}) if len(longest) >= _SHORTEST else None


def one_of(found: Iterable[frozenset[Text] | None]) -> frozenset[Text] | None:
    """Return the shortest of lists of texts, where each has to be met; None says that a list cannot be told."""
    return min((texts for texts in found if texts is not None), key=len, default=None)


def all_of(found: Iterable[frozenset[Text] | None]) -> frozenset[Text] | None:
    """Return all of them together, where one has to be met."""
    together: set[Text] = set()
    for texts in found:
        if texts is None:
            return None
        together |= texts
    return frozenset(together)
