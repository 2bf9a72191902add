"""What correlations have seen, by group: noted once, read around new sightings, and forgotten when it is old."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.episodes import Seen, Sighting
from app.storage.arrays import bytes_array, number_array, text_array, time_array, uuid_array

_MICROSECOND = timedelta(microseconds=1)
_LOCKS = 256
"""How many different locks the groups share: one page may concern thousands, and a server has room for some thousand
locks in all."""

_LOCK = text("SELECT pg_advisory_xact_lock(:kind, slot) FROM unnest(CAST(:slots AS int[])) AS slot")

_NOTE = text(
    """
    INSERT INTO sightings (group_key, event_time, event_id, key, rule_id)
    SELECT * FROM unnest(CAST(:groups AS bytea[]), CAST(:times AS timestamptz[]), CAST(:events AS uuid[]),
        CAST(:keys AS bytea[]), CAST(:rules AS text[]))
    ON CONFLICT DO NOTHING
    """
)

# Of what lies before and after, the last and first of each key is all that can decide whether a window is satisfied.
_AROUND_DIFFERENT = text(
    """
    SELECT place.number, seen.event_time, seen.key
    FROM unnest(CAST(:groups AS bytea[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]),
            CAST(:spans AS interval[]), CAST(:mosts AS int[]))
        WITH ORDINALITY AS place (group_key, begins, ends, span, most, number)
    CROSS JOIN LATERAL (
        (SELECT max(event_time) AS event_time, key FROM sightings
         WHERE group_key = place.group_key AND event_time < place.begins AND event_time >= place.begins - place.span
         GROUP BY key ORDER BY 1 DESC LIMIT place.most)
        UNION ALL
        (SELECT event_time, key FROM sightings
         WHERE group_key = place.group_key AND event_time BETWEEN place.begins AND place.ends LIMIT :between)
        UNION ALL
        (SELECT min(event_time), key FROM sightings
         WHERE group_key = place.group_key AND event_time > place.ends AND event_time <= place.ends + place.span
         GROUP BY key ORDER BY 1 LIMIT place.most)
    ) AS seen
    """
)

# Of the same rule's matches in a row, only the first and the last can begin or end something in order.
_AROUND_ORDERED = text(
    """
    SELECT place.number, seen.event_time, seen.key
    FROM unnest(CAST(:groups AS bytea[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]),
            CAST(:spans AS interval[]), CAST(:mosts AS int[]))
        WITH ORDINALITY AS place (group_key, begins, ends, span, most, number)
    CROSS JOIN LATERAL (
        (SELECT event_time, key FROM (
            SELECT event_time, key, lag(key) OVER by_time AS before, lead(key) OVER by_time AS after FROM sightings
            WHERE group_key = place.group_key AND event_time < place.begins AND event_time >= place.begins - place.span
            WINDOW by_time AS (ORDER BY event_time, key)) AS runs
         WHERE (key = before AND key = after) IS NOT TRUE ORDER BY event_time DESC LIMIT place.most)
        UNION ALL
        (SELECT event_time, key FROM sightings
         WHERE group_key = place.group_key AND event_time BETWEEN place.begins AND place.ends LIMIT :between)
        UNION ALL
        (SELECT event_time, key FROM (
            SELECT event_time, key, lag(key) OVER by_time AS before, lead(key) OVER by_time AS after FROM sightings
            WHERE group_key = place.group_key AND event_time > place.ends AND event_time <= place.ends + place.span
            WINDOW by_time AS (ORDER BY event_time, key)) AS runs
         WHERE (key = before AND key = after) IS NOT TRUE ORDER BY event_time LIMIT place.most)
    ) AS seen
    """
)

_TRIM = text(
    """
    SELECT place.number,
        (SELECT min(event_time) FROM sightings WHERE group_key = place.group_key AND event_time >= place.begins),
        (SELECT max(event_time) FROM sightings WHERE group_key = place.group_key AND event_time <= place.ends)
    FROM unnest(CAST(:groups AS bytea[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
        WITH ORDINALITY AS place (group_key, begins, ends, number)
    ORDER BY place.number
    """
)

_TOTAL = text(
    """
    SELECT count(DISTINCT event_id), count(DISTINCT key) FROM sightings
    WHERE group_key = :group AND event_time BETWEEN :first AND :last
    """
)
_ENDS = text(
    """
    (SELECT event_time, event_id, min(rule_id) FROM sightings
     WHERE group_key = :group AND event_time BETWEEN :first AND :last
     GROUP BY event_time, event_id ORDER BY event_time, event_id LIMIT :each)
    UNION
    (SELECT event_time, event_id, min(rule_id) FROM sightings
     WHERE group_key = :group AND event_time BETWEEN :first AND :last
     GROUP BY event_time, event_id ORDER BY event_time DESC, event_id DESC LIMIT :each)
    ORDER BY 1, 2
    """
)
_FORGET = text("DELETE FROM sightings WHERE event_time < :before")


@dataclass(frozen=True)
class Place:
    """A part of a group's time that holds new sightings, both ends included."""

    group_key: bytes
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Around:
    """A place with the timespan before and after it. different: how many different keys are needed at most.

    None where the order matters.
    """

    place: Place
    span: timedelta
    different: int | None


@dataclass(frozen=True)
class Extent:
    """What was seen in a part of a group's time: how many events and different keys, and the first and last events."""

    events: int
    keys: int
    ends: tuple[tuple[datetime, UUID, str], ...]


async def hold_groups(connection: AsyncConnection, kind: int, keys: Sequence[bytes]) -> None:
    """Hold off, until the transaction's end, others who work on these groups; always in the same order."""
    slots = sorted({int.from_bytes(key[:4], "big") % _LOCKS for key in keys})
    if slots:
        await connection.execute(_LOCK, {"kind": kind, "slots": number_array(slots)})


async def note_sightings(connection: AsyncConnection, seen: Sequence[tuple[bytes, Sighting]]) -> None:
    """Note sightings by their groups' keys, each once."""
    found = sorted(set(seen), key=lambda each: (each[0], each[1].time, each[1].event_id.int))
    await connection.execute(
        _NOTE,
        {
            "groups": bytes_array(group for group, _ in found),
            "times": time_array(each.time for _, each in found),
            "events": uuid_array(each.event_id for _, each in found),
            "keys": bytes_array(each.key for _, each in found),
            "rules": text_array(each.rule_id for _, each in found),
        },
    )


async def read_around(connection: AsyncConnection, asked: Sequence[Around], most: int) -> list[list[Seen]]:
    """Return for each place what decides about the windows that touch it, in the order of time.

    All of the place itself, but `most` + 1 at most; of the timespan before and after it what can matter, and where the
    order matters no more than `most` on each side.
    """
    found: list[list[Seen]] = [[] for _ in asked]
    for query, ordered in ((_AROUND_DIFFERENT, False), (_AROUND_ORDERED, True)):
        numbers = [number for number, each in enumerate(asked) if (each.different is None) is ordered]
        if numbers:
            rows = await connection.execute(query, _around([asked[number] for number in numbers], most))
            for number, time, key in rows:
                found[numbers[number - 1]].append((time, bytes(key)))
    return [sorted(seen) for seen in found]


def _around(asked: Sequence[Around], most: int) -> dict[str, Any]:
    return _columns([each.place for each in asked]) | {
        "spans": "{" + ",".join(f"{each.span // _MICROSECOND} microseconds" for each in asked) + "}",
        "mosts": number_array(each.different or most for each in asked),
        "between": most + 1,
    }


async def trim(connection: AsyncConnection, places: Sequence[Place]) -> list[Place]:
    """Return places that begin and end with something seen; in each there is something."""
    rows = await connection.execute(_TRIM, _columns(places))
    return [Place(place.group_key, first, last) for place, (_, first, last) in zip(places, rows, strict=True)]


async def read_extent(connection: AsyncConnection, place: Place, each: int) -> Extent:
    """Return what was seen in a place; so many of the first events, and of the last."""
    parameters = {"group": place.group_key, "first": place.begins, "last": place.ends}
    events, keys = (await connection.execute(_TOTAL, parameters)).one()
    ends = await connection.execute(_ENDS, parameters | {"each": each})
    return Extent(events, keys, tuple((time, event, rule) for time, event, rule in ends))


async def forget_sightings(connection: AsyncConnection, before: datetime) -> int:
    """Delete what is about events before a time; return how many."""
    return int((await connection.execute(_FORGET, {"before": before})).rowcount)


def _columns(places: Sequence[Place]) -> dict[str, str]:
    return {
        "groups": bytes_array(place.group_key for place in places),
        "begins": time_array(place.begins for place in places),
        "ends": time_array(place.ends for place in places),
    }
