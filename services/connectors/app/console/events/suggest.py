"""What the search box proposes while somebody types: fields, and the values that a field mostly has."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from app.errors import Retry
from app.events.event import Severity
from app.search.fields import FIELDS, NAMES, Kind
from app.search.query import Search, Value, When
from app.service import Service
from app.storage.figures import TOP_FIELDS, top_values

_MOST = 8
_READ = 50
_LATELY = timedelta(days=7)
_TERM = re.compile(r"-?\(*(?:([A-Za-z_]+)(>=|<=|[:=<>]))?(?:[^\s\"]|\"[^\"]*\"?)*$")
_AGES = ("1h", "24h", "7d", "30d")


class Proposal(TypedDict):
    """What may be typed next. text: as shown; insert: in place of what is being typed; help: what it is."""

    text: str
    insert: str
    help: str


@dataclass(frozen=True)
class Typed:
    """What is being typed. start: where it begins in the text; field: empty until there is a colon; part: so far."""

    start: int
    field: str
    part: str


def typed_at(text: str, place: int) -> Typed | None:
    """Return what is being typed before a place; None within quotes or where nothing can be proposed."""
    before = text[:place]
    found = _TERM.search(before)
    if found is None or before.count('"') % 2:
        return None
    if not found[1]:
        start = found.start() + len(found[0]) - len(found[0].lstrip("-("))
        return Typed(start, "", before[start:])
    field = NAMES.get(found[1].lower())
    start = max(found.end(2), before.rfind(",", found.end(2)) + 1)
    return Typed(start, field.name, before[start:]) if field else None


class Suggestions:
    """Proposals for one page; a field's frequent values are read once."""

    def __init__(self) -> None:
        self._values: dict[str, list[Proposal]] = {}

    async def find(self, service: Service, text: str, place: int) -> tuple[int, list[Proposal]]:
        """Return where what is being typed begins, and what may stand there instead, likeliest first."""
        typed = typed_at(text, place)
        if typed is None:
            return place, []
        if not typed.field:
            return typed.start, fields_like(typed.part)
        if typed.field not in self._values:
            self._values[typed.field] = await _values(service, typed.field)
        return typed.start, _like(self._values[typed.field], typed.part)


def fields_like(part: str) -> list[Proposal]:
    """Return the fields whose name, or another name of theirs, begins so."""
    if not part:
        return []
    names = [name for name in NAMES if name.startswith(part.lower())]
    fields = dict.fromkeys(NAMES[name] for name in names)
    return [
        Proposal(text=f"{field.name}:", insert=f"{field.name}:", help=f"{field.help} {field.example}")
        for field in fields
    ][:_MOST]


async def _values(service: Service, field: str) -> list[Proposal]:
    asked = FIELDS[field]
    if asked.kind is Kind.TIME:
        return [Proposal(text=age, insert=age, help="ago") for age in _AGES]
    if asked.choices:
        choices = reversed(asked.choices) if set(asked.choices) == set(Severity) else asked.choices
        return [Proposal(text=choice, insert=choice, help="") for choice in choices]
    if field not in TOP_FIELDS:
        return []
    lately = service.clock.now() - _LATELY
    search = Search((When("since", lately.isoformat(), lately),))
    try:
        async with service.engine.connect() as connection:
            top = await top_values(connection, search, field, _READ)
    except Retry:  # a proposal is not worth an error
        return []
    return [
        Proposal(text=each.value, insert=Value((each.value,)).written(), help=f"{each.count:,} in 7 days")
        for each in top
    ]


def _like(values: list[Proposal], part: str) -> list[Proposal]:
    wanted = part.lower()
    return [value for value in values if wanted in value["text"].lower() and value["text"].lower() != wanted][:_MOST]
