"""One value of a search as a condition on one column of texts: in lower case, and empty where an event has none."""

from sqlalchemy import ColumnElement, and_, cast, false, func, or_, select
from sqlalchemy.dialects.postgresql import CIDR

from app.search.fields import Kind
from app.search.query import Match, Value
from app.storage.dimensions import ACTOR, PLACE, parents

Truth = ColumnElement[bool]
Texts = ColumnElement[str]


def with_text(asked: Match, texts: Texts, value: Value) -> Truth:
    """Return the condition that a text has a value, in the way of the field that was asked for."""
    kind = asked.field.kind
    if value.anything:
        return texts != ""
    if kind is Kind.ADDRESS:
        return _from_address(texts, value, exact=asked.exact)
    if asked.exact or kind is Kind.WHOLE:
        return whole_or_pattern(texts, value)
    if kind is Kind.PATH and value.parts[0].startswith("/"):
        return _there_or_below(texts, value) if texts is PLACE.table.c.resource_id else false()
    return _within(texts, value)


def _within(texts: Texts, value: Value) -> Truth:
    """Return the condition that a text has a value somewhere.

    A value without a slash is in one part of a path: it is looked for in the last ones, and in the few different paths
    that are before these.
    """
    pattern, place = f"%{_pattern(value)}%", PLACE.table.c
    if texts is place.resource_name:
        return and_(place.named_apart, texts.like(pattern))
    if texts is place.resource_id and "/" not in (value.literal or "/"):
        above = select(parents.c.id).where(parents.c.path.like(pattern))
        return or_(place.leaf.like(pattern), place.parent.in_(above))
    return texts.like(pattern)


def whole_or_pattern(texts: Texts, value: Value) -> Truth:
    """Return the condition that a text is a value, with anything where its wildcards are."""
    if value.literal is not None:
        return texts == value.literal.lower()
    return and_(texts != "", texts.like(_pattern(value)))


def _from_address(texts: Texts, value: Value, *, exact: bool) -> Truth:
    network = value.network
    if network is None or (exact and network.num_addresses > 1):
        return whole_or_pattern(texts, value)
    return func.coalesce(ACTOR.table.c.address.bool_op("<<=")(cast(str(network), CIDR)), false())


def _there_or_below(texts: Texts, value: Value) -> Truth:
    """Return the condition that a resource is this one or below it."""
    parts = (*value.parts[:-1], value.parts[-1].rstrip("/"))
    return or_(whole_or_pattern(texts, Value(parts)), texts.like(f"{_pattern(Value(parts))}/%"))


def _pattern(value: Value) -> str:
    """Return a value as LIKE reads it."""
    return "%".join(part.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in value.parts)
