"""The narrow rows that searches read: one an event, written together with the event."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.dimensions import ACTOR, DIMENSIONS, Dimension, Texts, address, key, lowered
from app.storage.tables import EVENT_FIELDS

_COPY = (
    "COPY event_facts (event_time, id, severity, act, actor, place, title, correlation_id) FROM STDIN (FORMAT BINARY)"
)
_COPY_TYPES = ["timestamptz", "uuid", "text", "int4", "int4", "int4", "int4", "text"]
_ID, _TIME, _SEVERITY, _CORRELATION = map(EVENT_FIELDS.index, ("id", "event_time", "severity", "correlation_id"))
# So many of each table are remembered with a connection to the database.
_REMEMBERED = 10_000

Numbers = dict[Texts, int]


async def numbers_of(connection: AsyncConnection, rows: Sequence[tuple[Any, ...]]) -> list[Numbers]:
    """Return the number of each combination of texts in the rows, one dict a dimension; those not met before are added.

    rows: events as tuples, their connector last. What is known is kept with the connection, and only once another
    statement's work proves it committed: a number that a rollback takes back is never remembered, and none outlives
    the server, which may forget its last commits when it crashes.
    """
    return [await _numbers(connection, dimension, rows) for dimension in DIMENSIONS]


async def copy_facts(
    driver: "psycopg.AsyncConnection[Any]", rows: Iterable[tuple[Any, ...]], numbers: list[Numbers]
) -> None:
    """Write the narrow rows of events."""
    act, actor, place, title = numbers
    of_act, of_actor, of_place, of_title = (dimension.texts for dimension in DIMENSIONS)
    async with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_COPY_TYPES)
        for row in rows:
            await copy.write_row(
                (
                    row[_TIME],
                    row[_ID],
                    row[_SEVERITY],
                    act[of_act(row)],
                    actor[of_actor(row)],
                    place[of_place(row)],
                    title[of_title(row)],
                    (row[_CORRELATION] or "").lower(),
                )
            )


async def _numbers(connection: AsyncConnection, dimension: Dimension, rows: Sequence[tuple[Any, ...]]) -> Numbers:
    info = (await connection.get_raw_connection()).info
    known: Numbers = info.setdefault(f"aisoc/{dimension.name}", {})
    if len(known) > _REMEMBERED:
        known.clear()
    met = set(map(dimension.texts, rows))
    unknown = {texts: key(lowered(texts)) for texts in met if texts not in known}
    if not unknown:
        return known
    stored = await _stored(connection, dimension, unknown.values())
    known.update((texts, stored[unique]) for texts, unique in unknown.items() if unique in stored)
    if new := {unique: texts for texts, unique in unknown.items() if unique not in stored}:
        await _add(connection, dimension, new)
        stored |= await _stored(connection, dimension, new)
    return known | {texts: stored[unique] for texts, unique in unknown.items()}


async def _stored(connection: AsyncConnection, dimension: Dimension, keys: Iterable[bytes]) -> dict[bytes, int]:
    """Return the numbers of those keys that are stored."""
    query = text(f"SELECT key, id FROM {dimension.table.name} WHERE key = ANY(:keys)")  # noqa: S608 - a name of ours
    return {bytes(unique): number for unique, number in await connection.execute(query, {"keys": list(keys)})}


async def _add(connection: AsyncConnection, dimension: Dimension, new: dict[bytes, Texts]) -> None:
    """Add combinations in the order of their keys, so that two writers never wait for one another in a circle."""
    table = dimension.table
    names = ["key", *dimension.columns, "spelled", *(["address"] if dimension is ACTOR else [])]
    values = []
    for unique in sorted(new):
        texts = lowered(new[unique])
        row = dict(zip(dimension.columns, texts, strict=True)) | {"key": unique, "spelled": list(new[unique])}
        if dimension is ACTOR:
            found = address(row["src_ip"])
            row["address"] = found and str(found)
        values.append(row)
    statement = insert(table).values({name: bindparam(name) for name in names}).on_conflict_do_nothing()
    await connection.execute(statement, values)
