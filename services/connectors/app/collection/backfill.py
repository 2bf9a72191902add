"""Backfill: read the past in day slices, newest first, some side by side, without holding live polls up.

The ledger says what is read already, so a backfill that was killed goes on when it is started again.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import iso
from app.collection.backoff import next_try
from app.collection.coverage import Coverage, Gap, slices
from app.collection.history import INTERRUPTED, recorded
from app.collection.read import OnPages, open_reader, read_windows
from app.collection.result import PollResult
from app.collection.windows import oldest_readable
from app.connectors import get_connector
from app.connectors.base import Stream, Window
from app.errors import AisocError, Retry
from app.service import Service
from app.storage.connectors import ConnectorRow
from app.storage.coverage import add_gap, ask_since, read_coverage, read_unread
from app.storage.database import database_problem, exclusive
from app.storage.polls import close_interrupted

SIDE_BY_SIDE = 4
_MOST_TRIES = 6
_LONGEST_PAUSE = timedelta(minutes=10)
_COUNTED = ("events_read", "events_added", "events_quarantined")


@dataclass
class BackfillResult:
    """How far a backfill is; slices: to read in this run. days_before: what was read already when it began."""

    connector: str
    since: datetime
    until: datetime
    days_before: float = 0.0
    slices: int = 0
    slices_done: int = 0
    requests: int = 0
    events_read: int = 0
    events_added: int = 0
    events_quarantined: int = 0
    gaps: list[Window] = field(default_factory=list)
    waiting_until: datetime | None = None
    error: dict[str, Any] | None = None

    def facts(self) -> dict[str, Any]:
        """Return the result as JSON-ready facts."""
        told = {name: iso(value) if isinstance(value, datetime) else value for name, value in vars(self).items()}
        del told["waiting_until"]
        gaps = [{"since": iso(gap.since), "until": iso(gap.until)} for gap in self.gaps]
        return told | {"days_before": round(self.days_before, 2), "gaps": gaps}


OnProgress = Callable[[BackfillResult], None]


async def backfill(
    service: Service, row: ConnectorRow, since: datetime, on_progress: OnProgress = lambda _result: None
) -> BackfillResult:
    """Read all that was not read yet from a time on; what goes wrong for good is told in the result (`error`).

    Raises Retry (backfill_running) when another one of the connector runs.
    """
    async with (
        service.engine.connect() as connection,
        exclusive(connection, f"aisoc/backfill/{row.id}", 0) as locked,
    ):
        if not locked:
            raise Retry(
                "backfill_running",
                f"Another backfill of {row.name} is running.",
                "Wait for its end; aisoc connectors coverage tells how far it is.",
            )
        run = _Run(service, row, on_progress, await _plan(service, row, connection, since))
        await run.all()
    return run.result


async def _plan(
    service: Service, row: ConnectorRow, connection: AsyncConnection, since: datetime
) -> tuple[BackfillResult, list[Window]]:
    """Note the wish in the ledger, and return the slices that are not read yet, newest first."""
    stream, now = get_connector(row.type).streams[0], service.clock.now()
    oldest = oldest_readable(stream, now)
    async with connection.begin():
        await close_interrupted(connection, row.id, ("backfill",), now, INTERRUPTED.facts())
        coverage = await read_coverage(connection, row.id, stream.name, oldest)
        wanted = _wanted(coverage, since, now, stream)
        await ask_since(connection, row.id, stream.name, wanted.since)
        unread = await read_unread(connection, row.id, stream.name, wanted)
        gaps = [gap for window in unread if (gap := _readable(window, oldest)[0])]
        for gap in gaps:
            await add_gap(connection, row.id, stream.name, gap)
    kept = [rest for window in unread if (rest := _readable(window, oldest)[1])]
    parts = [part for window in reversed(kept) for part in reversed(slices(window, stream.largest_window))]
    read_before = coverage.read_in(wanted) if coverage else timedelta()
    result = BackfillResult(row.name, wanted.since, wanted.until, read_before / timedelta(days=1), len(parts))
    result.gaps = [gap.window for gap in gaps]
    return result, parts


def _wanted(coverage: Coverage | None, since: datetime, now: datetime, stream: Stream) -> Window:
    """Return the time to look at, up to the checkpoint; a wish that is started again begins where it began first."""
    if coverage is None:
        return Window(since, now)
    begun = coverage.asked_since
    same = begun <= since < begun + stream.largest_window
    return Window(begun if same else since, coverage.covered_until or now)


class _Run:
    """One run: its slices, and the workers that take them."""

    def __init__(
        self, service: Service, row: ConnectorRow, on_progress: OnProgress, plan: tuple[BackfillResult, list[Window]]
    ) -> None:
        self._service, self._row, self._on_progress = service, row, on_progress
        self.result, parts = plan
        self._waiting = deque(parts)
        self._stream: Stream = get_connector(row.type).streams[0]

    async def all(self) -> None:
        """Read all slices; the first error that waiting does not mend ends it."""
        self._on_progress(self.result)
        async with asyncio.TaskGroup() as workers:
            for _ in range(min(SIDE_BY_SIDE, len(self._waiting))):
                workers.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            error = await self._read_patiently(self._waiting.popleft())
            if error is not None:
                self.result.error = self.result.error or error.facts()
                self._waiting.clear()
                return
            self.result.slices_done += 1
            self._on_progress(self.result)

    async def _read_patiently(self, part: Window) -> AisocError | None:
        """Read a slice, again after a pause where that may help; return the error that stays."""
        for failures in range(1, _MOST_TRIES + 1):
            error = await self._read(part)
            if not isinstance(error, Retry) or failures == _MOST_TRIES:
                return error
            now = self._service.clock.now()
            self.result.waiting_until = next_try(error, failures, _LONGEST_PAUSE, now)
            self._on_progress(self.result)
            await self._service.clock.sleep((self.result.waiting_until - now).total_seconds())
            self.result.waiting_until = None
        return None

    async def _read(self, part: Window) -> AisocError | None:
        """Read a slice on a connection of its own; a database that cannot be had is an error like others."""
        done = PollResult(self._row.name, self._stream.name, self._service.clock.now(), "backfill")
        done.window_since, done.window_until = part.since, part.until
        try:
            async with self._service.engine.connect() as connection:
                work = partial(self._read_slice, connection, part, done)
                return await recorded(self._service, self._row, connection, done, work)
        except DBAPIError as broken:
            return database_problem(broken, self._service.engine.url)
        finally:
            self.result.requests += done.requests

    async def _read_slice(self, connection: AsyncConnection, part: Window, done: PollResult) -> None:
        async with open_reader(self._service, self._row, connection, done, background=True) as reader:
            ended = replace(part, until=max(part.since, min(part.until, reader.now)))
            gap, window = _readable(ended, oldest_readable(reader.stream, reader.now))
            if window is not None:
                await read_windows(reader, window, done, self._counter(), gap)
            elif gap is not None:
                async with connection.begin():
                    await add_gap(connection, self._row.id, self._stream.name, gap)

    def _counter(self) -> OnPages:
        """Return what adds a slice's pages to the totals as they come."""
        counted = Counter[str]()

        def count(page: PollResult) -> None:
            for name in _COUNTED:
                total = getattr(self.result, name) + getattr(page, name) - counted[name]
                setattr(self.result, name, total)
                counted[name] = getattr(page, name)
            self._on_progress(self.result)

        return count


def _readable(window: Window, oldest: datetime) -> tuple[Gap | None, Window | None]:
    """Return what of a window is too old to be read, and the rest of it."""
    if oldest <= window.since:
        return None, window
    gap = Gap(replace(window, until=min(oldest, window.until)), "older_than_retention")
    return gap, replace(window, since=oldest) if oldest < window.until else None
