"""A search as SQL on the narrow rows: its texts are looked up in the small tables first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, any_, cast, false, func, literal, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import UserDefinedType

from app.search.fields import Kind
from app.search.query import And, Condition, Match, Not, Or, Search, Severities, Value, When
from app.storage.dimensions import DIMENSIONS, OF_COLUMN, Dimension, facts
from app.storage.tables import id_range
from app.storage.texts import whole_or_pattern, with_text

Truth = ColumnElement[bool]
# So many numbers are named to PostgreSQL, which then knows from its statistics how many rows have them. Of more it
# makes a table of hashes, without asking itself how many rows that may be.
_FEW = 2_000


class _Numbers(UserDefinedType[str]):
    """A list of numbers as PostgreSQL writes it."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: Any) -> str:
        return "integer[]"


@dataclass(frozen=True)
class Resolved(Search):
    """A search whose texts were looked up: what is asked with it several times looks them up once.

    found: the condition on event_facts; None when no event can meet it.
    """

    found: Truth | None = None


async def resolve(connection: AsyncConnection, search: Search) -> Resolved:
    """Look a search's texts up."""
    if isinstance(search, Resolved):
        return search
    plan = _plan(search.condition)
    condition = _truth(plan, await _numbers(connection, list(_texts(plan))))
    return Resolved(search.parts, None if condition.compare(false()) else condition)


def condition_of_times(search: Search) -> Truth:
    """Return the condition that an event happened in the time that a search says."""
    since = [facts.c.event_time >= search.since] if search.since else []
    until = [facts.c.event_time < search.until] if search.until else []
    return and_(true(), *since, *until)


@dataclass(frozen=True, eq=False)
class _Texts:
    """A condition on the texts of one table alone."""

    dimension: Dimension
    condition: Truth


@dataclass(frozen=True)
class _Joined:
    """Several conditions: all of them must hold, or any."""

    all: bool
    parts: tuple["_Plan", ...]


@dataclass(frozen=True)
class _Opposite:
    part: "_Plan"


_Plan = Truth | _Texts | _Joined | _Opposite


def _plan(asked: Condition) -> _Plan:
    match asked:
        case And(parts):
            return _joined([_plan(part) for part in parts], all_of_them=True)
        case Or(parts):
            return _joined([_plan(part) for part in parts], all_of_them=False)
        case Not(part):
            inner = _plan(part)
            return _Texts(inner.dimension, not_(inner.condition)) if isinstance(inner, _Texts) else _Opposite(inner)
        case Severities():
            return facts.c.severity.in_(asked.chosen) if asked.chosen else false()
        case When("since", _, moment):
            return facts.c.event_time >= moment
        case When(_, _, moment):
            return facts.c.event_time < moment
        case Match():
            return _match(asked)


def _joined(parts: list[_Plan], *, all_of_them: bool) -> _Plan:
    """Join conditions; those on the texts of one table become one."""
    join = and_ if all_of_them else or_
    texts: dict[str, _Texts] = {}
    rest: list[_Plan] = []
    for part in parts:
        if isinstance(part, _Texts):
            name = part.dimension.name
            condition = join(texts[name].condition, part.condition) if name in texts else part.condition
            texts[name] = _Texts(part.dimension, condition)
        else:
            rest.append(part)
    everything = (*rest, *texts.values())
    return everything[0] if len(everything) == 1 else _Joined(all_of_them, everything)


def _texts(plan: _Plan) -> Iterator[_Texts]:
    match plan:
        case _Texts():
            yield plan
        case _Opposite(part):
            yield from _texts(part)
        case _Joined(_, parts):
            for part in parts:
                yield from _texts(part)


async def _numbers(connection: AsyncConnection, asked: list[_Texts]) -> dict[_Texts, str | None]:
    """Return the numbers of the rows that meet each condition, reading each table once; None where there are none.

    They come and go as one text, which costs a tenth of a list.
    """
    found: dict[_Texts, str | None] = {}
    for dimension in DIMENSIONS:
        here = [texts for texts in asked if texts.dimension is dimension]
        if here:
            table = dimension.table
            lists = [cast(func.array_agg(table.c.id).filter(texts.condition), Text) for texts in here]
            found |= zip(here, (await connection.execute(select(*lists).select_from(table))).one(), strict=True)
    return found


def _truth(plan: _Plan, numbers: dict[_Texts, str | None]) -> Truth:
    match plan:
        case _Texts():
            return _pointing(plan.dimension, numbers[plan])
        case _Opposite(part):
            return not_(_truth(part, numbers))
        case _Joined(whole, parts):
            truths = [_truth(part, numbers) for part in parts]
            return and_(true(), *truths) if whole else or_(false(), *truths)
        case _:
            return plan


def _pointing(dimension: Dimension, numbers: str | None) -> Truth:
    """Return the condition that a narrow row has one of these numbers."""
    if numbers is None:
        return false()
    array = literal(numbers, _Numbers())
    if numbers.count(",") < _FEW:
        return dimension.fact == any_(array)
    # As a truth that is asked for, it stays a look into a table of hashes, whatever the planner expects of it.
    return dimension.fact.in_(select(func.unnest(array))).is_(true())


def _match(asked: Match) -> _Plan:
    if asked.field.kind is Kind.ID:
        return or_(false(), *map(_id, asked.values))
    if asked.field.name == "correlation":
        return or_(false(), *(whole_or_pattern(facts.c.correlation_id, value) for value in asked.values))
    conditions = [
        _Texts(OF_COLUMN[column], with_text(asked, OF_COLUMN[column].table.c[column], value))
        for column in asked.field.columns
        for value in asked.values
    ]
    return _joined(list(conditions), all_of_them=False)


def _id(value: Value) -> Truth:
    """Return the condition that an id begins so."""
    if value.anything:
        return true()
    return facts.c.id.between(*id_range(value.literal or ""))
