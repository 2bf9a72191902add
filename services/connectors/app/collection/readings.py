"""Readings that somebody asks for: polls, sweeps, audits and backfills that any worker runs, with their progress."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from app.clock import iso
from app.collection.backfill import BackfillResult, backfill
from app.collection.poll import Request, poll
from app.collection.result import PollResult
from app.connectors import get_connector
from app.errors import AisocError, InvalidInput
from app.log import get_logger
from app.security.roles import Role
from app.service import Service
from app.storage.audit import note_change
from app.storage.connectors import ConnectorRow, find_connector_by_id
from app.storage.readings import (
    Kind,
    ReadingRow,
    finish_reading,
    insert_reading,
    note_progress,
    start_reading,
)

_log = get_logger(__name__)
_TELL_SECONDS = 1.0
_WAIT_FOR_POLL_SECONDS = 60
_AUDIT_HOURS = 24


async def request_reading(service: Service, row: ConnectorRow, kind: Kind, since: datetime | None = None) -> ReadingRow:
    """Ask for a reading; a worker begins it within seconds.

    since: from when on a backfill (default: as far as the source keeps) or an audit (default: a day) reads. Raises
    Conflict (reading_open), or InvalidInput (since_not_wanted, since_in_future).
    """
    service.actor.need(Role.ANALYST)
    now = service.clock.now()
    wish = ReadingRow(uuid4(), row.id, kind, _start(row, kind, since, now), "waiting", service.actor.name, now)
    async with service.engine.begin() as connection:
        await insert_reading(connection, wish)
        await note_change(connection, service.actor, now, f"reading.{kind}", row.name, {"since": iso(wish.since)})
    return wish


async def stop_reading(service: Service, reading: ReadingRow) -> None:
    """End a reading; what it has read so far stays, and counts. One that has ended already is left as it is."""
    service.actor.need(Role.ANALYST)
    now = service.clock.now()
    async with service.engine.begin() as connection:
        if not await finish_reading(connection, reading.id, "stopped", now):
            return
        row = await find_connector_by_id(connection, reading.connector_id)
        name = row.name if row else str(reading.connector_id)
        await note_change(connection, service.actor, now, "reading.stop", name, {"kind": reading.kind})


async def run_reading(service: Service, reading_id: UUID) -> None:
    """Do what was asked for, telling its progress every second; the end is in its row.

    Where the worker is stopped meanwhile it stays open, and resume_readings puts it back into the queue.
    """
    async with service.engine.begin() as connection:
        reading = await start_reading(connection, reading_id, service.clock.now())
        row = await find_connector_by_id(connection, reading.connector_id) if reading else None
    if reading is not None and row is not None:
        await _Run(service, row, reading).to_its_end()


def _start(row: ConnectorRow, kind: Kind, since: datetime | None, now: datetime) -> datetime | None:
    if since is not None and kind in ("poll", "sweep"):
        raise InvalidInput("since_not_wanted", f"A {kind} decides itself from when on it reads.", "Leave since out.")
    if since is not None and since >= now:
        raise InvalidInput("since_in_future", f"{iso(since)} has not come yet.", "Give an earlier time.")
    if kind == "backfill":
        return since or now - get_connector(row.type).streams[0].retention
    return since or (now - timedelta(hours=_AUDIT_HOURS) if kind == "audit" else None)


class _Run:
    """One reading under way."""

    def __init__(self, service: Service, row: ConnectorRow, reading: ReadingRow) -> None:
        self._service, self._row, self._reading = service, row, reading
        self._told: dict[str, Any] = {}
        self._stopped = False

    async def to_its_end(self) -> None:
        """Read until the end, or until somebody stops it."""
        work = asyncio.create_task(self._read())
        telling = asyncio.create_task(self._tell(work))
        try:
            error = await work
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            _log.info("reading_stopped", connector=self._row.name, kind=self._reading.kind)
            return
        finally:
            work.cancel()
            telling.cancel()
            await asyncio.gather(work, telling, return_exceptions=True)
        async with self._service.engine.begin() as connection:
            now = self._service.clock.now()
            await finish_reading(connection, self._reading.id, "failed" if error else "done", now, self._told, error)

    async def _read(self) -> dict[str, Any] | None:
        """Return the facts of the error that ended it, or None."""
        try:
            if self._reading.kind == "backfill":
                assert self._reading.since is not None
                filled = await backfill(self._service, self._row, self._reading.since, self._note_backfill)
                self._note_backfill(filled)
                return filled.error
            polled = await poll(self._service, self._row, self._request())
            self._note_poll(polled)
        except AisocError as error:
            return error.facts()
        return polled.error

    def _request(self) -> Request:
        tier = None if self._reading.kind == "poll" else self._reading.kind
        return Request(tier, self._reading.since, self._note_poll, _WAIT_FOR_POLL_SECONDS)

    def _note_poll(self, result: PollResult) -> None:
        self._told = result.facts()

    def _note_backfill(self, result: BackfillResult) -> None:
        self._told = result.facts() | {"waiting_until": iso(result.waiting_until)}

    async def _tell(self, work: asyncio.Task[Any]) -> None:
        """Write the progress every second; end, cancelling the work, when somebody stopped it."""
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            async with self._service.engine.begin() as connection:
                wanted = await note_progress(connection, self._reading.id, self._told)
            if not wanted:
                self._stopped = True
                work.cancel()
                return
