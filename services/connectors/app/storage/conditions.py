"""A search as SQL on the narrow rows: its texts are looked up in the small tables first."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, CIDR
from sqlalchemy.ext.asyncio import AsyncConnection

from app.search.fields import Kind
from app.search.query import And, Condition, Match, Not, Or, Search, Severities, Value, When
from app.storage.dimensions import ACTOR, OF_COLUMN, Dimension, facts

# So many numbers are named to PostgreSQL, which then knows from its statistics how many rows have them; of more it
# makes a table for itself.
_FEW = 1_000
Column = ColumnElement[str]
Truth = ColumnElement[bool]


async def condition_of(connection: AsyncConnection, search: Search) -> Truth | None:
    """Return the condition of a search on event_facts, its whole range of time included; None when nothing has it."""
    found = await _condition(connection, search.condition)
    return None if found.compare(false()) else found


async def _condition(connection: AsyncConnection, asked: Condition) -> Truth:
    match asked:
        case And(parts):
            return and_(true(), *[await _condition(connection, part) for part in parts])
        case Or(parts):
            return or_(false(), *[await _condition(connection, part) for part in parts])
        case Not(part):
            return not_(await _condition(connection, part))
        case Severities():
            return facts.c.severity.in_(asked.chosen) if asked.chosen else false()
        case When("since", _, moment):
            return facts.c.event_time >= moment
        case When(_, _, moment):
            return facts.c.event_time < moment
        case Match():
            return await _match(connection, asked)


async def _match(connection: AsyncConnection, asked: Match) -> Truth:
    if any(value.anything for value in asked.values) and asked.field.name == "text":
        return true()
    if asked.field.kind is Kind.ID:
        return or_(false(), *map(_id, asked.values))
    if asked.field.name == "correlation":
        return or_(false(), *(_compared(facts.c.correlation_id, value, _like_whole) for value in asked.values))
    wanted: dict[str, tuple[Dimension, list[Truth]]] = {}
    for column in asked.field.columns:
        dimension = OF_COLUMN[column]
        _, conditions = wanted.setdefault(dimension.name, (dimension, []))
        conditions += [_text(asked, dimension, column, value) for value in asked.values]
    return or_(false(), *[await _pointing(connection, dimension, or_(*texts)) for dimension, texts in wanted.values()])


async def _pointing(connection: AsyncConnection, dimension: Dimension, texts: Truth) -> Truth:
    """Return the condition that a narrow row points to one of the rows with these texts."""
    rows = select(dimension.table.c.id).where(texts)
    numbers = list((await connection.execute(rows.limit(_FEW + 1))).scalars())
    if not numbers:
        return false()
    if len(numbers) <= _FEW:
        return dimension.fact == func.any(cast(literal(numbers, ARRAY(Integer)), ARRAY(Integer)))
    # As a truth that is asked for, it stays a look into a table of hashes, whatever the planner expects of it.
    return dimension.fact.in_(rows).is_(true())


def _text(asked: Match, dimension: Dimension, column: str, value: Value) -> Truth:
    """Return the condition that a text has a value, in its field's way."""
    texts: Column = dimension.table.c[column]
    if value.anything:
        return texts != ""
    if asked.field.kind is Kind.ADDRESS:
        return _address(texts, value, exact=asked.exact)
    if asked.exact or asked.field.kind is Kind.WHOLE:
        return _compared(texts, value, _like_whole)
    if asked.field.kind is Kind.PATH and value.parts[0].startswith("/"):
        if column != "resource_id":
            return false()
        return _below(texts, value)
    return _compared(texts, value, _like_part) if value.literal is None else texts.like(_like_part(value))


def _address(texts: Column, value: Value, *, exact: bool) -> Truth:
    if value.network is None or (exact and "/" in (value.literal or "")):
        return _compared(texts, value, _like_whole)
    return func.coalesce(ACTOR.table.c.address.op("<<=")(cast(str(value.network), CIDR)), false())


def _below(texts: Column, value: Value) -> Truth:
    """Return the condition that a resource is this one or below it."""
    whole = value.literal.rstrip("/") if value.literal is not None else None
    if whole is not None:
        value = Value((whole,))
    return or_(_compared(texts, value, _like_whole), texts.like(f"{_like_whole(value)}/%"))


def _compared(texts: Column, value: Value, pattern: Callable[[Value], str]) -> Truth:
    if value.anything:
        return texts != ""
    if value.literal is not None and pattern is _like_whole:
        return texts == value.literal.lower()
    return and_(texts != "", texts.like(pattern(value)))


def _like_whole(value: Value) -> str:
    return "%".join(_escaped(part) for part in value.parts)


def _like_part(value: Value) -> str:
    return f"%{_like_whole(value)}%"


def _escaped(text: str) -> str:
    return text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _id(value: Value) -> Truth:
    """Return the condition that an id begins so."""
    if value.anything:
        return true()
    digits = (value.literal or "").replace("-", "")
    if len(digits) > 32:
        return false()
    return facts.c.id.between(UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f")))
