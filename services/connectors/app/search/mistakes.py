"""A mistake in a search: what is wrong, where, and what to type instead."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from app.errors import InvalidInput


class InvalidSearch(InvalidInput):
    """A search that cannot be understood.

    position: where the faulty piece is in the text, (start, end) from 0. suggestion: what was probably meant in its
    place, or empty.
    """

    def __init__(self, code: str, message: str, remedy: str, position: tuple[int, int], suggestion: str = "") -> None:
        super().__init__(code, message, f"Did you mean {suggestion}? {remedy}" if suggestion else remedy)
        self.position = position
        self.suggestion = suggestion

    def facts(self) -> dict[str, Any]:
        """Return the error as JSON-ready facts, with `position`: [start, end]."""
        return super().facts() | {"position": list(self.position)}


def mistake(text: str, start: int, end: int, message: str, remedy: str, suggestion: str = "") -> InvalidSearch:
    """Return the error for a piece of a search; the message begins with its place, columns counted from 1."""
    piece = text[start:end]
    shown = piece if len(piece) <= 40 else f"{piece[:39]}…"
    where = f"Column {start + 1}" + (f", {shown!r}" if shown else "")
    return InvalidSearch("invalid_search", f"{where}: {message}", remedy, (start, end), suggestion)


def nearest(typed: str, choices: Iterable[str]) -> str:
    """Return the choice that is near to what was typed, or an empty text."""
    return next(iter(get_close_matches(typed.lower(), list(choices), n=1)), "")
