"""What first-seen rules have seen: spans of time by group and value, of which only changed ones are written."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.first_spans import Key, Span
from app.storage.arrays import bytes_array, time_array, uuid_array

_READ = text(
    """
    SELECT spans.group_key, spans.value_key, first_time, first_event, last_time
    FROM unnest(CAST(:groups AS bytea[]), CAST(:values AS bytea[])) AS asked (group_key, value_key)
    JOIN spans ON spans.group_key = asked.group_key AND spans.value_key = asked.value_key
    """
)
_OTHERS = text(
    """
    SELECT asked.group_key, other.value_key
    FROM unnest(CAST(:groups AS bytea[])) AS asked (group_key)
    CROSS JOIN LATERAL (
        SELECT value_key FROM (
            SELECT DISTINCT ON (value_key) value_key, first_time, first_event FROM spans
            WHERE spans.group_key = asked.group_key AND NOT (spans.group_key, spans.value_key) IN (
                SELECT * FROM unnest(CAST(:known_groups AS bytea[]), CAST(:known_values AS bytea[])))
            ORDER BY value_key, first_time
        ) AS begins
        ORDER BY first_time, first_event, value_key LIMIT 2
    ) AS other
    """
)
_DROP = text(
    """
    DELETE FROM spans
    USING unnest(CAST(:groups AS bytea[]), CAST(:values AS bytea[]), CAST(:firsts AS timestamptz[]))
        AS old (group_key, value_key, first_time)
    WHERE (spans.group_key, spans.value_key, spans.first_time) = (old.group_key, old.value_key, old.first_time)
    """
)
_ADD = text(
    """
    INSERT INTO spans (group_key, value_key, first_time, first_event, last_time)
    SELECT * FROM unnest(CAST(:groups AS bytea[]), CAST(:values AS bytea[]), CAST(:firsts AS timestamptz[]),
        CAST(:events AS uuid[]), CAST(:lasts AS timestamptz[]))
    ON CONFLICT (group_key, value_key, first_time)
    DO UPDATE SET first_event = excluded.first_event, last_time = excluded.last_time
    """
)
_FORGET = text("DELETE FROM spans WHERE last_time < :before")


async def read_spans(connection: AsyncConnection, keys: Collection[Key]) -> dict[Key, list[Span]]:
    """Return the spans of keys, in the order of time; none for a key that was never seen."""
    found: dict[Key, list[Span]] = {key: [] for key in keys}
    for group, value, first, event, last in await connection.execute(_READ, _keys(keys)):
        found[bytes(group), bytes(value)].append(Span(first, event, last))
    return {key: sorted(spans) for key, spans in found.items()}


async def read_others(connection: AsyncConnection, keys: Collection[Key]) -> list[Key]:
    """Return the two values of each group that were seen first, those of the keys themselves left out."""
    known = {f"known_{name}": values for name, values in _keys(keys).items()}
    groups = bytes_array(sorted({group for group, _ in keys}))
    rows = await connection.execute(_OTHERS, known | {"groups": groups})
    return [(bytes(group), bytes(value)) for group, value in rows]


async def write_spans(
    connection: AsyncConnection, before: Mapping[Key, Iterable[Span]], after: Mapping[Key, Iterable[Span]]
) -> None:
    """Replace spans by others; with the locks of the groups."""
    firsts = {(key, span.first) for key, spans in after.items() for span in spans}
    old = [(key, span) for key, spans in before.items() for span in spans if (key, span.first) not in firsts]
    known = {(key, span) for key, spans in before.items() for span in spans}
    new = [(key, span) for key, spans in after.items() for span in spans if (key, span) not in known]
    if old:
        firsts_of_old = {"firsts": time_array(span.first for _, span in old)}
        await connection.execute(_DROP, _keys([key for key, _ in old]) | firsts_of_old)
    if new:
        columns = {
            "firsts": time_array(span.first for _, span in new),
            "events": uuid_array(span.event_id for _, span in new),
            "lasts": time_array(span.last for _, span in new),
        }
        await connection.execute(_ADD, _keys([key for key, _ in new]) | columns)


async def forget_spans(connection: AsyncConnection, before: datetime) -> int:
    """Delete what was not seen any more after a time; return how many."""
    return int((await connection.execute(_FORGET, {"before": before})).rowcount)


def _keys(keys: Collection[Key]) -> dict[str, str]:
    return {"groups": bytes_array(group for group, _ in keys), "values": bytes_array(value for _, value in keys)}
