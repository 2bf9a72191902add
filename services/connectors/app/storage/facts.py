"""The narrow rows that searches read: one an event, written together with the event."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import insert

from app.storage.dimensions import (
    ACTOR,
    DIMENSIONS,
    PARENT,
    PLACE,
    SPELLED,
    Dimension,
    Texts,
    address,
    key,
    lowered,
)
from app.storage.tables import EVENT_FIELDS

COPY_FACTS = (
    "COPY event_facts (event_time, id, severity, act, actor, place, title, correlation_id) FROM STDIN (FORMAT BINARY)"
)
FACT_TYPES = ["timestamptz", "uuid", "text", "int4", "int4", "int4", "int4", "text"]
_ID, _TIME, _SEVERITY, _CORRELATION = map(EVENT_FIELDS.index, ("id", "event_time", "severity", "correlation_id"))
# So many combinations of each table are remembered with a connection to the database.
_REMEMBERED = 10_000

Numbers = dict[Texts, int]


def numbers_of(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Numbers]:
    """Return the numbers of the rows' texts, a dict for each of DIMENSIONS; those not met before are added.

    rows: the fields of events, with the connector last. What was found stored is remembered with the connection. What
    this transaction adds is not, as it may be undone; and nothing outlives the connection, as a server that crashes
    may forget what was committed last.
    """
    return [_numbers(connection, dimension, {*map(dimension.texts, rows)}) for dimension in DIMENSIONS]


def fact_rows(rows: Iterable[tuple[Any, ...]], numbers: list[Numbers]) -> Iterator[tuple[Any, ...]]:
    """Yield the narrow rows of events, for COPY_FACTS."""
    act, actor, place, title = numbers
    of_act, of_actor, of_place, of_title = (dimension.texts for dimension in DIMENSIONS)
    for row in rows:
        yield (
            row[_TIME],
            row[_ID],
            row[_SEVERITY],
            act[of_act(row)],
            actor[of_actor(row)],
            place[of_place(row)],
            title[of_title(row)],
            (row[_CORRELATION] or "").lower(),
        )


def _numbers(connection: Connection, dimension: Dimension, met: set[Texts]) -> Numbers:
    known: Numbers = connection.info.setdefault(f"aisoc/{dimension.name}", {})
    if len(known) > _REMEMBERED:
        known.clear()
    unknown = {texts: key(lowered(texts)) for texts in met if texts not in known}
    if not unknown:
        return known
    stored = _stored(connection, dimension, unknown.values())
    known.update((texts, stored[unique]) for texts, unique in unknown.items() if unique in stored)
    if new := {unique: texts for texts, unique in unknown.items() if unique not in stored}:
        _add(connection, dimension, new)
        stored |= _stored(connection, dimension, new)
    return known | {texts: stored[unique] for texts, unique in unknown.items()}


def _stored(connection: Connection, dimension: Dimension, keys: Iterable[bytes]) -> dict[bytes, int]:
    """Return the numbers of those keys that are stored."""
    query = text(f"SELECT key, id FROM {dimension.table.name} WHERE key = ANY(:keys)")  # noqa: S608 - a name of ours
    return {bytes(unique): number for unique, number in connection.execute(query, {"keys": list(keys)})}


def _add(connection: Connection, dimension: Dimension, new: dict[bytes, Texts]) -> None:
    """Add combinations in the order of their keys, so that two writers never wait for one another in a circle."""
    rows = [_row(dimension, unique, new[unique]) for unique in sorted(new)]
    if dimension is PLACE:
        paths = _numbers(connection, PARENT, {(row["parent"],) for row in rows})
        rows = [row | {"parent": paths[row["parent"],]} for row in rows]
    names: dict[str, Any] = {
        column.name: bindparam(column.name) for column in dimension.table.columns if column.name != "id"
    }
    connection.execute(insert(dimension.table).values(names).on_conflict_do_nothing(), rows)


def _row(dimension: Dimension, unique: bytes, texts: Texts) -> dict[str, Any]:
    """Return a combination as a row; of a place the parent is its path still."""
    row: dict[str, Any] = dict(zip(dimension.columns, lowered(texts), strict=True))
    given = zip(dimension.columns, texts, strict=True)
    row["spelled"] = {name: told for name, told in given if name in SPELLED and told and told != row[name]}
    if dimension is ACTOR:
        found = address(row["src_ip"])
        row["address"] = found and str(found)
    if dimension is PLACE:
        row["parent"], _, row["leaf"] = row["resource_id"].rpartition("/")
        row["named_apart"] = row["resource_name"] not in row["resource_id"]
    return row | {"key": unique}
