"""Patterns over text in time that grows with the text alone: wildcards, and regular expressions of RE2."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import re2
from sigma.types import SpecialChars

Search = Callable[[str], bool]

_LONGEST_PATTERN = 4096
_MOST_MEMORY = 1 << 20
# Of longer texts a regular expression sees the beginning only.
LONGEST_TEXT = 64 << 10
_NOT_IN_RE2 = {
    "(?=": "a lookahead, (?=…)",
    "(?!": "a negative lookahead, (?!…)",
    "(?<=": "a lookbehind, (?<=…)",
    "(?<!": "a negative lookbehind, (?<!…)",
    "(?>": "an atomic group, (?>…)",
    "(?(": "a conditional group, (?(…)",
}


class BadPattern(ValueError):
    """A regular expression that cannot be used; the message says why in plain words."""


def search_of(pattern: str, flags: str = "") -> Search:
    """Return what searches a text for a regular expression. flags: some of i, m and s. Raises BadPattern."""
    found = compile_pattern(f"(?{flags}){pattern}" if flags else pattern)
    return lambda text: found.search(text[:LONGEST_TEXT]) is not None


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Any:
    """Return RE2's compiled expression. Raises BadPattern."""
    if len(pattern) > _LONGEST_PATTERN:
        raise BadPattern(f"it is longer than {_LONGEST_PATTERN:,} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise BadPattern(_reason(pattern, error)) from None


def _reason(pattern: str, error: Exception) -> str:
    """Say what RE2 does not do, or what it found wrong."""
    for mark, name in _NOT_IN_RE2.items():
        if mark in pattern:
            return f"{name}, cannot be searched in bounded time and is not supported; write it as two conditions"
    told = error.args[0] if error.args else ""
    reason = told.decode(errors="replace") if isinstance(told, bytes) else str(told)
    if reason.startswith("invalid escape sequence: \\") and reason[-1:].isdigit():
        return "a reference to a group, \\1, cannot be searched in bounded time and is not supported"
    if "too large" in reason:
        return "it needs too much memory; repeat fewer times"
    return reason


def wildcards_of(parts: Sequence[str | SpecialChars]) -> Search:
    """Return what tells whether a whole text is these parts: literal texts, * and ? in between."""
    plain = _joined(parts)
    many = SpecialChars.WILDCARD_MULTI
    match plain:
        case []:
            return lambda text: text == ""
        case [str(literal)]:
            return literal.__eq__
        case [special] if special is many:
            return lambda text: True  # noqa: ARG005
        case [str(literal), special] if special is many:
            return lambda text: text.startswith(literal)
        case [special, str(literal)] if special is many:
            return lambda text: text.endswith(literal)
        case [first, str(literal), last] if first is many and last is many:
            return lambda text: literal in text
    found = _compiled_wildcards(plain)
    return lambda text: found.fullmatch(text) is not None


def _joined(parts: Sequence[str | SpecialChars]) -> list[str | SpecialChars]:
    """Return the parts with neighbouring texts as one, and of several * in a row one."""
    joined: list[str | SpecialChars] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part and not (part is SpecialChars.WILDCARD_MULTI and part is last):
            joined.append(part)
    return joined


def _compiled_wildcards(parts: Sequence[str | SpecialChars]) -> Any:
    signs = {SpecialChars.WILDCARD_MULTI: ".*", SpecialChars.WILDCARD_SINGLE: "."}
    return compile_pattern(
        "(?s)" + "".join(re2.escape(part) if isinstance(part, str) else signs[part] for part in parts)
    )
