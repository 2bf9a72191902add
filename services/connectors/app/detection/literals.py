"""Texts without which a record cannot match a rule's keywords, looked for in its bytes before anything is decoded."""

import re
from collections.abc import Iterable

from app.detection.condition import Group, Item, Node
from app.detection.values import Test, ValueTest

# JSON writes these as they are (a slash in most cases); what else a text holds may be escaped.
_AS_WRITTEN = re.compile(r"[a-z0-9._:@/ -]+")
_SHORTEST = 3


def literals_of(node: Node) -> frozenset[bytes] | None:
    """Return texts of which a record that matches has at least one, in lower case; None where that cannot be told."""
    match node:
        case Item(field=None):
            return _of_tests(node.tests, every=node.every)
        case Group():
            parts = [literals_of(part) for part in node.parts]
            return _one_of(parts) if node.every else _all_of(parts)
    return None


def _of_tests(tests: Iterable[Test], *, every: bool) -> frozenset[bytes] | None:
    found = [_of_test(test) for test in tests]
    return _one_of(found) if every else _all_of(found)


def _of_test(test: Test) -> frozenset[bytes] | None:
    if not isinstance(test, ValueTest):
        return None
    runs = [run for part in test.literals for run in _AS_WRITTEN.findall(part)]
    longest = max(runs, key=len, default="")
    return frozenset({longest.encode()}) if len(longest) >= _SHORTEST else None


def _one_of(found: Iterable[frozenset[bytes] | None]) -> frozenset[bytes] | None:
    """Return the shortest of the lists, where each has to be met."""
    return min((literals for literals in found if literals is not None), key=len, default=None)


def _all_of(found: Iterable[frozenset[bytes] | None]) -> frozenset[bytes] | None:
    """Return all together, where one has to be met."""
    together: set[bytes] = set()
    for literals in found:
        if literals is None:
            return None
        together |= literals
    return frozenset(together)
