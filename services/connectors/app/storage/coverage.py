"""Queries on the ledger: what time of a stream was read, what is settled, the gaps, and the measured lags.

Times are kept as PostgreSQL's multiranges, so that joining and subtracting them is the database's work, atomically.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.coverage import Coverage, Gap
from app.collection.lags import LagCount, Lags
from app.connectors.base import Window
from app.storage.tables import lags

# Unsettled and missing are told of what can still be read; the infinite upper end is never asked for.
_LEDGER = text(
    """
    SELECT connector_id, asked_since, read,
        (read - settled) * tstzmultirange(tstzrange(:oldest, NULL)) AS unsettled,
        CASE WHEN isempty(read) THEN '{}' ELSE tstzmultirange(tstzrange(asked_since, upper(read))) END
            - read - coalesce((
                SELECT range_agg(spans) FROM gaps
                WHERE gaps.connector_id = coverage.connector_id AND gaps.stream = :stream
            ), '{}') AS missing
    FROM coverage WHERE connector_id = ANY(:connectors) AND stream = :stream
    """
)
_GAPS = text("SELECT connector_id, reason, spans FROM gaps WHERE connector_id = ANY(:connectors) AND stream = :stream")
_UNREAD = text(
    """
    SELECT tstzmultirange(tstzrange(:since, :until))
        - coalesce((SELECT read FROM coverage WHERE connector_id = :connector AND stream = :stream), '{}')
        - coalesce((SELECT range_agg(spans) FROM gaps WHERE connector_id = :connector AND stream = :stream), '{}')
    """
)
_ASK = text(
    """
    INSERT INTO coverage (connector_id, stream, asked_since) VALUES (:connector, :stream, :since)
    ON CONFLICT (connector_id, stream)
    DO UPDATE SET asked_since = least(coverage.asked_since, excluded.asked_since)
    """
)
# A read of no time at all ('[now, now]') counts: it says from when on nothing is missing.
_ADD_READ = text(
    """
    UPDATE coverage SET
        read = read + tstzmultirange(tstzrange(:since, :until, '[]')),
        settled = CASE WHEN CAST(:settled AS timestamptz) IS NULL THEN settled
                  ELSE settled + tstzmultirange(tstzrange(:since, :settled, '[]')) END
    WHERE connector_id = :connector AND stream = :stream
    """
)
_ADD_GAP = text(
    """
    INSERT INTO gaps (connector_id, stream, reason, spans)
    VALUES (:connector, :stream, :reason, tstzmultirange(tstzrange(:since, :until)))
    ON CONFLICT (connector_id, stream, reason) DO UPDATE SET spans = gaps.spans + excluded.spans
    """
)
_ADD_LAGS = text(
    """
    INSERT INTO lags (connector_id, stream, day, bucket, events, longest)
    SELECT :connector, :stream, unnest(CAST(:day AS date[])), unnest(CAST(:bucket AS smallint[])),
        unnest(CAST(:events AS bigint[])), unnest(CAST(:longest AS float[]))
    ON CONFLICT (connector_id, stream, day, bucket) DO UPDATE SET
        events = lags.events + excluded.events, longest = greatest(lags.longest, excluded.longest)
    """
)


async def read_coverage(
    connection: AsyncConnection, connector_id: UUID, stream: str, oldest: datetime
) -> Coverage | None:
    """Return a stream's ledger, or None before anything was asked of it. oldest: the earliest time still readable."""
    return (await read_coverages(connection, [connector_id], stream, oldest)).get(connector_id)


async def read_coverages(
    connection: AsyncConnection, connectors: Sequence[UUID], stream: str, oldest: datetime
) -> dict[UUID, Coverage]:
    """Return the ledgers of one stream of many connectors; those of which nothing was asked are left out."""
    place = {"connectors": list(connectors), "stream": stream}
    gaps: dict[UUID, list[Gap]] = {}
    for row in await connection.execute(_GAPS, place):
        gaps.setdefault(row.connector_id, []).extend(Gap(window, row.reason) for window in _windows(row.spans))
    return {
        found.connector_id: Coverage(
            asked_since=found.asked_since,
            read=_windows(found.read),
            unsettled=_windows(found.unsettled),
            gaps=tuple(sorted(gaps.get(found.connector_id, ()), key=lambda gap: gap.window.since)),
            missing=_windows(found.missing),
        )
        for found in await connection.execute(_LEDGER, place | {"oldest": oldest})
    }


async def read_unread(connection: AsyncConnection, connector_id: UUID, stream: str, window: Window) -> list[Window]:
    """Return the parts of a window that were never read completely and are no gaps, oldest first."""
    values = {"connector": connector_id, "stream": stream, "since": window.since, "until": window.until}
    return list(_windows((await connection.execute(_UNREAD, values)).scalar_one()))


async def ask_since(connection: AsyncConnection, connector_id: UUID, stream: str, since: datetime) -> None:
    """Note that the time from `since` on is wanted; an earlier wish stays."""
    await connection.execute(_ASK, {"connector": connector_id, "stream": stream, "since": since})


async def add_read(
    connection: AsyncConnection, connector_id: UUID, stream: str, window: Window, settled: Window | None
) -> None:
    """Note that a window was read completely, and which first part of it is settled; nothing is ever taken away."""
    await ask_since(connection, connector_id, stream, window.since)
    values = {"connector": connector_id, "stream": stream, "since": window.since, "until": window.until}
    await connection.execute(_ADD_READ, values | {"settled": settled.until if settled else None})


async def add_gap(connection: AsyncConnection, connector_id: UUID, stream: str, gap: Gap) -> None:
    """Note time that can never be read."""
    values = {"connector": connector_id, "stream": stream, "since": gap.window.since, "until": gap.window.until}
    await connection.execute(_ADD_GAP, values | {"reason": gap.reason})


async def add_lags(connection: AsyncConnection, connector_id: UUID, stream: str, counted: Sequence[LagCount]) -> None:
    """Add to the histogram, in the transaction that stores the events; in one order, so that none waits in a circle."""
    if counted:
        rows = sorted(counted, key=lambda count: (count.day, count.bucket))
        columns = {name: [getattr(row, name) for row in rows] for name in ("day", "bucket", "events", "longest")}
        await connection.execute(_ADD_LAGS, {"connector": connector_id, "stream": stream} | columns)


async def read_lags(
    connection: AsyncConnection, connectors: Sequence[UUID], stream: str, since: date
) -> dict[UUID, Lags]:
    """Return the histograms of one stream of connectors, of the events that happened on a day (UTC) or later."""
    query = select(lags.c.connector_id, lags.c.day, lags.c.bucket, lags.c.events, lags.c.longest).where(
        lags.c.connector_id.in_(connectors), lags.c.stream == stream, lags.c.day >= since
    )
    counted: dict[UUID, list[LagCount]] = {}
    for connector_id, *count in await connection.execute(query):
        counted.setdefault(connector_id, []).append(LagCount(*count))
    return {connector_id: Lags.of(counted.get(connector_id, ())) for connector_id in connectors}


def _windows(spans: Iterable[Any]) -> tuple[Window, ...]:
    return tuple(Window(span.lower, span.upper) for span in spans)
