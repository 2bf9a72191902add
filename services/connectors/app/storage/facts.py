"""The narrow rows that searches read: one an event, written together with the event."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, TextClause, text
from sqlalchemy.dialects import postgresql

from app.storage.arrays import bytes_array
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
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]

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
        stored |= _added(connection, dimension, new)
        if others := new.keys() - stored.keys():  # which another writer has added meanwhile
            stored |= _stored(connection, dimension, others)
    return known | {texts: stored[unique] for texts, unique in unknown.items()}


def _stored(connection: Connection, dimension: Dimension, keys: Iterable[bytes]) -> dict[bytes, int]:
    """Return the numbers of those keys that are stored."""
    name = dimension.table.name
    query = f"SELECT key, id FROM {name} JOIN unnest(CAST(:keys AS bytea[])) AS asked (key) USING (key)"  # noqa: S608
    return _by_key(connection.execute(text(query), {"keys": bytes_array(keys)}))


def _added(connection: Connection, dimension: Dimension, new: dict[bytes, Texts]) -> dict[bytes, int]:
    """Add combinations in the order of their keys, so that two writers never wait for one another in a circle.

    Returns the numbers of those that were not there.
    """
    rows = [_row(dimension, unique, new[unique]) for unique in sorted(new)]
    if dimension is PLACE:
        paths = _numbers(connection, PARENT, {(row["parent"],) for row in rows})
        rows = [row | {"parent": paths[row["parent"],]} for row in rows]
    return _by_key(connection.execute(_adding(dimension), {"rows": msgspec.json.encode(rows).decode()}))


@cache
def _adding(dimension: Dimension) -> TextClause:
    """Return the statement that adds rows to a dimension's table: all in one, given as JSON."""
    columns = [column for column in dimension.table.columns if column.name != "id"]
    names = ", ".join(column.name for column in columns)
    typed = ", ".join(f"{column.name} {column.type.compile(_POSTGRESQL)}" for column in columns)
    return text(
        f"""
        INSERT INTO {dimension.table.name} ({names})
        SELECT {names} FROM json_to_recordset(CAST(:rows AS json)) AS new ({typed})
        ON CONFLICT DO NOTHING RETURNING key, id
        """  # noqa: S608 - names of ours
    )


def _by_key(rows: Iterable[Row[Any]]) -> dict[bytes, int]:
    return {bytes(row.key): row.id for row in rows}


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
    return row | {"key": f"\\x{unique.hex()}"}
