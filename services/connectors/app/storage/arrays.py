"""Lists as parameters: PostgreSQL's text form of an array, which is made and read many times faster than a list."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID


def bytes_array(values: Iterable[bytes | None]) -> str:
    r"""Return bytes as the text of a bytea[]."""
    return "{" + ",".join("NULL" if value is None else f'"\\\\x{value.hex()}"' for value in values) + "}"


def text_array(values: Iterable[str]) -> str:
    """Return texts as the text of a text[]."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"


def uuid_array(values: Iterable[UUID]) -> str:
    """Return UUIDs as the text of a uuid[]."""
    return "{" + ",".join(value.hex for value in values) + "}"


def time_array(values: Iterable[datetime]) -> str:
    """Return times as the text of a timestamptz[]."""
    return "{" + ",".join(value.isoformat() for value in values) + "}"


def number_array(values: Iterable[int]) -> str:
    """Return whole numbers as the text of an int[] or bigint[]."""
    return "{" + ",".join(map(str, values)) + "}"
