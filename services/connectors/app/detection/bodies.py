"""Reading a request's body, whose keys come in any letter case and whose parts may be missing or of another kind."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from app.events.fields import as_object

LONGEST = 512
"""Characters that are kept of a text."""
MOST = 1000
"""Items of a list that are looked at: a network security group has at most 1,000 rules."""


def at(value: Any, *path: str) -> Any:
    """Return what is found at a path of keys (in lower case), or None. JSON text on the way is decoded."""
    for key in path:
        value = next((inner for name, inner in as_object(value).items() if name.lower() == key), None)
    return value


def text_at(value: Any, *path: str) -> str | None:
    """Return the text at a path, without blanks around it and cut at LONGEST; None for anything else."""
    found = at(value, *path)
    return found.strip()[:LONGEST] or None if isinstance(found, str) else None


def number_at(value: Any, *path: str) -> int | None:
    """Return the whole number at a path, also of its digits; None for anything else."""
    found = at(value, *path)
    if isinstance(found, str) and found.strip().isdecimal() and len(found) < 10:
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def items_at(value: Any, *path: str) -> list[Any]:
    """Return the items of the list at a path, at most MOST; a single value is a list of one, nothing an empty one."""
    found = at(value, *path)
    if found is None:
        return []
    return found[:MOST] if isinstance(found, list) else [found]


def texts_at(value: Any, *path: str) -> list[str]:
    """Return the texts of the list, or the one text, at a path."""
    return [item.strip()[:LONGEST] for item in items_at(value, *path) if isinstance(item, str) and item.strip()]


def objects_at(value: Any, *path: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of the list, or the one object, at a path."""
    return (item for item in islice(items_at(value, *path), MOST) if isinstance(item, Mapping))
