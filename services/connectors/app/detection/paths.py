"""Paths into documents whose schema nobody enforces: `properties.rules.name`, through lists and embedded JSON text."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from app.events.fields import mended

_DEEPEST = 40
_LONGEST_EMBEDDED = 4 << 20
# Of longer texts the objects are not kept, so that what is kept stays small.
_LONGEST_REMEMBERED = 64 << 10


@lru_cache(maxsize=8192)
def _parts(path: str) -> tuple[str, ...]:
    """Split a path at its dots, in lower case; list marks (`rules[]`, `rules{}`) mean nothing."""
    plain = path.lower()
    for mark in ("[*]", "[]", "{}"):
        plain = plain.replace(mark, "")
    return tuple(plain.split("."))


def find(value: Any, path: str) -> list[Any]:
    """Return what is at a path of a document: objects and lists as they are, null as None; [] where nothing is.

    Letter case is ignored. A key may hold dots itself (the claims' keys are URIs): every way to read the path counts.
    Lists are looked through, and so is text that is itself a JSON object or list.
    """
    return list(_found(value, _parts(path), 0))


def _found(value: Any, parts: tuple[str, ...], depth: int) -> Iterator[Any]:
    if not parts:
        yield value
    elif depth < _DEEPEST:
        held = opened(value)
        if held.__class__ is list:
            for element in held:
                yield from _found(element, parts, depth + 1)
        elif held.__class__ is dict:
            yield from _found_in_object(held, parts, depth)


def _found_in_object(held: dict[str, Any], parts: tuple[str, ...], depth: int) -> Iterator[Any]:
    names = _names(parts)
    for key, inner in held.items():
        used = names.get(key.lower())
        if used is not None:
            yield from _found(inner, parts[used:], depth + 1)


@lru_cache(maxsize=8192)
def _names(parts: tuple[str, ...]) -> dict[str, int]:
    """Return each key that a path may begin with, and how many parts it takes."""
    return {".".join(parts[:used]): used for used in range(1, len(parts) + 1)}


def opened(value: Any) -> Any:
    """Return what a text holds that is a JSON object or list; anything else as it is."""
    if value.__class__ is not str or len(value) > _LONGEST_EMBEDDED:
        return value
    start = value.lstrip()[:1]
    if start not in ("{", "["):
        return value
    try:
        return _remembered(value) if len(value) <= _LONGEST_REMEMBERED else _decoded(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return value


def _decoded(json: str) -> Any:
    try:
        return msgspec.json.decode(json)
    except (msgspec.DecodeError, UnicodeError):
        return msgspec.json.decode(mended(json))


# Several rules look into the same text, one after the other.
_remembered = lru_cache(maxsize=32)(_decoded)


def flattened(values: Iterable[Any], *, into_objects: bool = False) -> Iterator[Any]:
    """Yield the single values: elements of lists at any depth, no nulls; objects whole, or the values inside them."""
    waiting = [iter(values)]
    while waiting:
        for value in waiting[-1]:
            if value.__class__ is list:
                waiting.append(iter(value))
                break
            if into_objects and value.__class__ is dict:
                waiting.append(iter(value.values()))
                break
            if value is not None:
                yield value
        else:
            waiting.pop()
