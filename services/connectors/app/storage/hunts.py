"""Queries on the hunts that somebody asked for, and how they come into the queue."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import desc, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import Conflict, NotFound
from app.storage.detection_tables import hunts

State = Literal["waiting", "running", "done", "failed", "stopped"]
_OPEN = ("waiting", "running")

# The queue's own function, in the transaction of the wish: there is no wish without a job, and no job without a wish.
_DEFER = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', 'hunt', 0, NULL, NULL, jsonb_build_object('hunt_id', CAST(:id AS text)), NULL)
            ::procrastinate_job_to_defer_v1
    ])
    """
)
_WITHOUT_JOB = text(
    """
    SELECT id FROM hunts WHERE state IN ('waiting', 'running') AND NOT EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE job.task_name = 'hunt' AND job.args ->> 'hunt_id' = hunts.id::text
          AND job.status IN ('todo', 'doing')
    )
    FOR UPDATE SKIP LOCKED
    """
)
_SAME_RULE = text("SELECT pg_advisory_xact_lock(hashtextextended('aisoc/hunt/' || :rule_id, 0))")


@dataclass(frozen=True)
class HuntRow:
    """A hunt that somebody asked for.

    progress: `HuntResult.facts()` so far, None before it began: events_total, events_judged, events_matched, matches,
    alerts_added, and event_ids, the first events that matched. error: code, message and remedy of what ended it.
    """

    id: UUID
    rule_id: str
    since: datetime
    until: datetime
    make_alerts: bool
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


async def insert_hunt(connection: AsyncConnection, row: HuntRow) -> None:
    """Add a hunt and its job. Raises Conflict (hunt_open) while another one of the rule is open."""
    await connection.execute(_SAME_RULE, {"rule_id": row.rule_id})
    other = select(hunts.c.id).where(hunts.c.rule_id == row.rule_id, hunts.c.state.in_(_OPEN)).limit(1)
    if (await connection.execute(other)).one_or_none() is not None:
        raise Conflict(
            "hunt_open",
            "Another hunt with this rule was asked for and has not ended yet.",
            "Wait for its end, or stop it.",
        )
    await connection.execute(insert(hunts).values(vars(row)))
    await connection.execute(_DEFER, {"id": str(row.id)})


async def find_hunt(connection: AsyncConnection, hunt_id: UUID) -> HuntRow:
    """Return a hunt. Raises NotFound (unknown_hunt)."""
    found = (await connection.execute(select(hunts).where(hunts.c.id == hunt_id))).one_or_none()
    if found is None:
        raise NotFound("unknown_hunt", f"There is no hunt {hunt_id}.", "The rule's page lists its hunts.")
    return HuntRow(**found._asdict())


async def find_hunts(connection: AsyncConnection, rule_id: str | None, limit: int) -> list[HuntRow]:
    """Return hunts, of one rule or of all, those asked for last first."""
    query = select(hunts).order_by(desc(hunts.c.requested_at), hunts.c.id).limit(limit)
    if rule_id is not None:
        query = query.where(hunts.c.rule_id == rule_id)
    return [HuntRow(**row._asdict()) for row in await connection.execute(query)]


async def start_hunt(connection: AsyncConnection, hunt_id: UUID, now: datetime) -> HuntRow | None:
    """Note that a hunt runs; None when it was stopped before."""
    change = update(hunts).where(hunts.c.id == hunt_id, hunts.c.state.in_(_OPEN))
    found = (await connection.execute(change.values(state="running", started_at=now).returning(hunts))).one_or_none()
    return None if found is None else HuntRow(**found._asdict())


async def note_hunt_progress(connection: AsyncConnection, hunt_id: UUID, progress: dict[str, Any] | None) -> bool:
    """Write how far a hunt is; False when somebody stopped it."""
    change = update(hunts).where(hunts.c.id == hunt_id, hunts.c.state == "running")
    done = await connection.execute(change.values(progress=progress).returning(hunts.c.id))
    return done.one_or_none() is not None


async def finish_hunt(
    connection: AsyncConnection,
    hunt_id: UUID,
    state: State,
    now: datetime,
    progress: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> bool:
    """End a hunt that is open; False when it has ended already. progress: None leaves what was told last."""
    values = {"state": state, "finished_at": now, "error": error} | ({"progress": progress} if progress else {})
    change = update(hunts).where(hunts.c.id == hunt_id, hunts.c.state.in_(_OPEN)).values(values)
    return (await connection.execute(change.returning(hunts.c.id))).one_or_none() is not None


async def resume_hunts(connection: AsyncConnection) -> int:
    """Queue the open hunts again whose job was killed or stopped; return how many those are."""
    ids = list((await connection.execute(_WITHOUT_JOB)).scalars())
    await connection.execute(update(hunts).where(hunts.c.id.in_(ids)).values(state="waiting"))
    for hunt_id in ids:
        await connection.execute(_DEFER, {"id": str(hunt_id)})
    return len(ids)
