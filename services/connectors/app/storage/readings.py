"""Queries on the readings that somebody asked for, and how they come into the queue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import desc, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotFound
from app.storage.tables import readings

Kind = Literal["poll", "sweep", "audit", "backfill"]
KINDS: tuple[Kind, ...] = get_args(Kind)
State = Literal["waiting", "running", "done", "failed", "stopped"]
_OPEN = ("waiting", "running")

# The queue's own function, in the transaction of the wish: there is no wish without a job, and no job without a wish.
_DEFER = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', 'read', 0, NULL, NULL, jsonb_build_object('reading_id', CAST(:id AS text)), NULL)
            ::procrastinate_job_to_defer_v1
    ])
    """
)
_WITHOUT_JOB = text(
    """
    SELECT id FROM readings WHERE state IN ('waiting', 'running') AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE job.task_name = 'read' AND job.args ->> 'reading_id' = readings.id::text
          AND job.status IN ('todo', 'doing')
    )
    FOR UPDATE SKIP LOCKED
    """
)


@dataclass(frozen=True)
class ReadingRow:
    """A poll, sweep, audit or backfill that somebody asked for.

    since: from when on to read; None lets the kind decide. progress: what a poll's or a backfill's result tells so far.
    """

    id: UUID
    connector_id: UUID
    kind: Kind
    since: datetime | None
    state: State
    requested_by: str
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress: dict[str, Any] | None = None
    error: dict[str, Any] | None = None

    @property
    def open(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in _OPEN


async def insert_reading(connection: AsyncConnection, row: ReadingRow) -> None:
    """Add a reading and its job. Raises Conflict (reading_open) when one of the kind is open already."""
    try:
        await connection.execute(insert(readings).values(vars(row)))
    except IntegrityError as error:
        raise Conflict(
            "reading_open",
            f"Another {row.kind} of this connector was asked for and has not ended yet.",
            "Wait for its end, or stop it.",
        ) from error
    await connection.execute(_DEFER, {"id": str(row.id)})


async def find_reading(connection: AsyncConnection, reading_id: UUID) -> ReadingRow:
    """Return a reading. Raises NotFound (unknown_reading)."""
    found = (await connection.execute(select(readings).where(readings.c.id == reading_id))).one_or_none()
    if found is None:
        raise NotFound(
            "unknown_reading", f"There is no reading {reading_id}.", "A connector's readings are in its own list."
        )
    return ReadingRow(**found._asdict())


async def list_readings(connection: AsyncConnection, connector_id: UUID, limit: int) -> list[ReadingRow]:
    """Return a connector's readings, those asked for last first."""
    query = select(readings).where(readings.c.connector_id == connector_id)
    rows = await connection.execute(query.order_by(desc(readings.c.requested_at), readings.c.id).limit(limit))
    return [ReadingRow(**row._asdict()) for row in rows]


async def start_reading(connection: AsyncConnection, reading_id: UUID, now: datetime) -> ReadingRow | None:
    """Note that a reading runs; None when it was stopped or removed before."""
    change = (
        update(readings)
        .where(readings.c.id == reading_id, readings.c.state.in_(_OPEN))
        .values(state="running", started_at=now)
        .returning(readings)
    )
    found = (await connection.execute(change)).one_or_none()
    return None if found is None else ReadingRow(**found._asdict())


async def note_progress(connection: AsyncConnection, reading_id: UUID, progress: dict[str, Any]) -> bool:
    """Write how far a reading is; False when somebody stopped it."""
    change = update(readings).where(readings.c.id == reading_id, readings.c.state == "running")
    done = await connection.execute(change.values(progress=progress).returning(readings.c.id))
    return done.one_or_none() is not None


async def finish_reading(
    connection: AsyncConnection,
    reading_id: UUID,
    state: State,
    now: datetime,
    progress: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> bool:
    """End a reading that is open; False when it has ended already. progress: None leaves what was told last."""
    values = {"state": state, "finished_at": now, "error": error} | ({"progress": progress} if progress else {})
    change = update(readings).where(readings.c.id == reading_id, readings.c.state.in_(_OPEN)).values(values)
    return (await connection.execute(change.returning(readings.c.id))).one_or_none() is not None


async def resume_readings(connection: AsyncConnection) -> int:
    """Queue the open readings again whose job was killed or stopped; return how many those are."""
    ids = list((await connection.execute(_WITHOUT_JOB)).scalars())
    await connection.execute(update(readings).where(readings.c.id.in_(ids)).values(state="waiting"))
    for reading_id in ids:
        await connection.execute(_DEFER, {"id": str(reading_id)})
    return len(ids)
