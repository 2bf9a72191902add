"""A search cut into pieces: brackets, minus signs and words, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.search.mistakes import mistake
from app.search.query import Value

_FIELD = re.compile(r"([A-Za-z_]+)(>=|<=|[:=<>])")
_STAR = object()
Piece = str | object


@dataclass(frozen=True)
class Word:
    """A term as typed. name, comparison: of `name:value`, else empty. values: with the place of each; may be none."""

    start: int
    end: int
    name: str
    comparison: str
    values: tuple[tuple[Value, int, int], ...]


@dataclass(frozen=True)
class Sign:
    """A bracket, or a word that joins or negates."""

    start: int
    end: int
    kind: Literal["(", ")", "-", "AND", "OR"]


Token = Word | Sign
_SIGNS: dict[str, Literal["-", "AND", "OR"]] = {"NOT": "-", "AND": "AND", "OR": "OR"}


def tokens(text: str) -> Iterator[Token]:
    """Yield the pieces of a search. Raises InvalidSearch for a quote that does not end."""
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        token = _token(text, place)
        yield token
        place = token.end


def _token(text: str, start: int) -> Token:
    letter = text[start]
    if letter == "(":
        return Sign(start, start + 1, "(")
    if letter == ")":
        return Sign(start, start + 1, ")")
    if letter == "-":
        return Sign(start, start + 1, "-")
    named = _FIELD.match(text, start)
    word = _word(text, start, named)
    if kind := _SIGNS.get(text[word.start : word.end]):
        return Sign(word.start, word.end, kind)
    return word


def _word(text: str, start: int, named: re.Match[str] | None) -> Word:
    """Read to the next blank, or to the end of a bracket that was opened before; commas part a field's values."""
    place = first = named.end() if named else start
    values: list[tuple[Value, int, int]] = []
    pieces: list[Piece] = []
    depth = 0
    while place < len(text) and not text[place].isspace() and not (text[place] == ")" and depth == 0):
        letter = text[place]
        if letter == '"':
            told, place = _quoted(text, place)
            pieces.append(told)
            continue
        if letter == "," and named:
            values.append((_value(pieces), first, place))
            pieces, first = [], place + 1
        else:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            pieces.append(_STAR if letter == "*" else letter)
        place += 1
    values.append((_value(pieces), first, place))
    name, comparison = (named[1], named[2]) if named else ("", "")
    return Word(start, place, name, comparison, tuple(values))


def _quoted(text: str, start: int) -> tuple[str, int]:
    """Return what is in quotes, and the place after them; a backslash lets a quote or a backslash stand for itself."""
    place = start + 1
    told: list[str] = []
    while place < len(text):
        if text[place] == '"':
            return "".join(told), place + 1
        place += text[place] == "\\" and text[place + 1 : place + 2] in {'"', "\\"}
        told.append(text[place])
        place += 1
    raise mistake(text, start, len(text), "the quote does not end.", 'Write a second " where it is to end.')


def _value(pieces: list[Piece]) -> Value:
    parts: list[str] = [""]
    stars = 0
    for piece in pieces:
        if not isinstance(piece, str):
            stars += 1
            if stars == 1:
                parts.append("")
        else:
            stars = 0 if piece else stars
            parts[-1] += piece
    return Value(tuple(parts))
