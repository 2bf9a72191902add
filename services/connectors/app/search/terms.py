"""One term of a search: the word that was typed, checked against what its field can be asked."""

import re
from datetime import datetime

from app.errors import InvalidInput
from app.events.event import Severity
from app.search.fields import FIELDS, NAMES, TEXT, Field, Kind
from app.search.mistakes import mistake, nearest
from app.search.query import Comparison, Condition, Match, Severities, Value, When
from app.search.typed import TIME_FORMS, parse_time
from app.search.words import Word

_ID = re.compile(r"[0-9a-fA-F][0-9a-fA-F-]{0,35}")
_QUOTES = 'To search for it as text, write it in "quotes".'


def term(text: str, word: Word, now: datetime) -> Condition:
    """Return the condition that a word stands for. Raises InvalidSearch."""
    field = _field(text, word) if word.name else TEXT
    if word.comparison not in {"", ":", "="} and field.kind is not Kind.SEVERITY:
        place = word.start + len(word.name)
        raise mistake(
            text,
            place,
            place + len(word.comparison),
            f"{field.name} has no order to compare by.",
            f"Write {field.name}: before the value; only severity can be compared with > and <.",
        )
    _need_values(text, word, field)
    match field.kind:
        case Kind.SEVERITY:
            return _severities(text, word)
        case Kind.TIME:
            return _when(text, word, field, now)
        case _:
            values = tuple(_checked(text, field, *found) for found in word.values)
            return Match(field, values, exact=word.comparison == "=" and not any(value.anything for value in values))


def _field(text: str, word: Word) -> Field:
    field = NAMES.get(word.name.lower())
    if field is None:
        near = nearest(word.name, NAMES)
        raise mistake(
            text,
            word.start,
            word.start + len(word.name),
            f"there is no field {word.name!r}.",
            _QUOTES if near else f"Fields: {', '.join(FIELDS)}. {_QUOTES}",
            near,
        )
    return field


def _need_values(text: str, word: Word, field: Field) -> None:
    for value, start, end in word.values:
        if value.parts == ("",):
            raise mistake(
                text,
                word.start if start == end else start,
                word.end if start == end else end,
                "a value is missing." if word.name else "there is nothing between the quotes.",
                f"Write one, as in {field.example}.",
            )
        if text[start : start + 1] == "(":
            raise mistake(
                text, start, end, "a value cannot begin with a bracket.", 'Write it in "quotes"; several values: a,b.'
            )


def _severities(text: str, word: Word) -> Condition:
    comparison: Comparison = next(sign for sign in (">=", "<=", ">", "<", "=", ":") if sign == word.comparison)
    if any(value.anything for value, _, _ in word.values) and comparison in {":", "="}:
        return Severities(":", tuple(Severity))
    if comparison not in {":", "="} and len(word.values) > 1:
        _, start, end = word.values[1]
        raise mistake(
            text,
            start,
            end,
            "only one severity can be compared with.",
            "Write a list after a colon: severity:high,low.",
        )
    return Severities(comparison, tuple(_severity(text, *found) for found in word.values))


def _severity(text: str, value: Value, start: int, end: int) -> Severity:
    typed = (value.literal or "").lower()
    if typed.endswith("+") and typed[:-1] in set(Severity):
        raise mistake(text, start, end, "that is no severity.", f"Write severity>={typed[:-1]}.")
    if typed not in set(Severity):
        raise mistake(
            text,
            start,
            end,
            "that is no severity.",
            f"Severities: {', '.join(Severity)}.",
            nearest(typed, Severity),
        )
    return Severity(typed)


def _when(text: str, word: Word, field: Field, now: datetime) -> Condition:
    value, start, end = word.values[0]
    if len(word.values) > 1:
        raise mistake(text, start, word.end, "that is more than one time.", f"Write one, as in {field.example}.")
    try:
        moment = parse_time(value.literal or "", now)
    except InvalidInput:
        raise mistake(text, start, end, "that is no time.", TIME_FORMS) from None
    assert moment is not None
    return When("since" if field.name == "since" else "until", value.literal or "", moment)


def _checked(text: str, field: Field, value: Value, start: int, end: int) -> Value:
    if value.anything:
        return value
    if field.choices and value.literal is not None and value.literal.lower() not in field.choices:
        raise mistake(
            text,
            start,
            end,
            f"{field.name} never is that.",
            f"It is one of {', '.join(field.choices)}.",
            nearest(value.literal, field.choices),
        )
    if field.kind is Kind.ID and not _is_id(value.literal or ""):
        raise mistake(
            text, start, end, "that is no event's id.", "Write an id, or its first digits, as in id:11a3b073."
        )
    if field.kind is Kind.ADDRESS and value.literal is not None and "/" in value.literal and value.network is None:
        raise mistake(text, start, end, "that is no network.", "Write it as 203.0.113.0/24 or 2001:db8::/32.")
    return value


def _is_id(typed: str) -> bool:
    return bool(_ID.fullmatch(typed)) and len(typed.replace("-", "")) <= 32
