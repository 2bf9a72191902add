"""One poll: read a window to its end, commit its pages, and only then move the checkpoint."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import iso
from app.collection.ahead import gathered
from app.collection.configuration import open_config
from app.collection.intake import Intake, sort_records
from app.collection.windows import Plan, Progress, Tier, due_tier, plan_window
from app.connectors import get_connector
from app.connectors.base import Connector
from app.errors import Abort, AisocError, Retry
from app.log import get_logger
from app.service import Service
from app.storage.connectors import ConnectorRow, move_checkpoint, read_progress, set_next_poll
from app.storage.database import commit_later, database_problem, exclusive
from app.storage.events import store_events
from app.storage.polls import complete_reads, finish_poll, start_poll
from app.storage.quarantine import quarantine_records

_log = get_logger(__name__)
# Stored in one transaction at most: some 2,000 events, or ten megabytes.
_PAGES_AHEAD = 10
# Sorted at a stretch: with more, PostgreSQL waits for us; what a socket holds is some fifty events.
_PART = 50
_NOT_IN_ROW = frozenset({"connector", "stream", "started_at"})
INTERRUPTED = Retry(
    "interrupted", "The poll was interrupted before its end.", "Nothing to do: the next poll reads the same window."
)


@dataclass
class PollResult:
    """What a poll did. read = added + dropped + duplicate + quarantined; duration in seconds."""

    connector: str
    stream: str
    started_at: datetime
    tier: Tier = "poll"
    window_since: datetime | None = None
    window_until: datetime | None = None
    gap_since: datetime | None = None
    gap_until: datetime | None = None
    requests: int = 0
    pages: int = 0
    events_read: int = 0
    events_added: int = 0
    events_dropped: int = 0
    events_duplicate: int = 0
    events_quarantined: int = 0
    late_recovered: int = 0
    duration: float = 0.0
    error: dict[str, Any] | None = None

    @classmethod
    def from_row(cls, name: str, row: dict[str, Any]) -> "PollResult":
        """Return the result that a row of history tells."""
        known = {column: value for column, value in row.items() if column in cls.__dataclass_fields__}
        return cls(**{"connector": name} | known)

    def plan(self, plan: Plan) -> None:
        """Note which window is read, and the gap before it."""
        self.tier = plan.tier
        self.window_since, self.window_until = plan.window.since, plan.window.until
        if plan.gap is not None:
            self.gap_since, self.gap_until = plan.gap.since, plan.gap.until

    def facts(self) -> dict[str, Any]:
        """Return the result as JSON-ready facts, the window and the gap as objects."""
        facts = {name: iso(value) if isinstance(value, datetime) else value for name, value in asdict(self).items()}
        for span in ("window", "gap"):
            since, until = facts.pop(f"{span}_since"), facts.pop(f"{span}_until")
            facts[span] = {"since": since, "until": until} if since else None
        return facts


@dataclass(frozen=True)
class Request:
    """What to poll: the tier that is due when None, and from `since` on in any case.

    on_page: called after each commit with the result so far. wait_seconds: how long to wait for another poll's end.
    """

    tier: Tier | None = None
    since: datetime | None = None
    on_page: Callable[[PollResult], None] = lambda _result: None
    wait_seconds: float = 0


async def poll(service: Service, row: ConnectorRow, request: Request = Request()) -> PollResult:
    """Poll a connector's stream now.

    A failed read is told in the result (`error`), the history and the log, and raises nothing. One poll of a
    connector runs at a time, on all hosts: raises Retry (poll_running) when another one does not end in time.
    """
    async with (
        service.engine.connect() as connection,
        exclusive(connection, f"aisoc/poll/{row.id}", request.wait_seconds) as locked,
    ):
        if not locked:
            raise Retry(
                "poll_running",
                f"Another poll of {row.name} is running.",
                "Wait for its end; aisoc connectors show tells how it went.",
            )
        return await _poll(service, row, connection, request)


async def _poll(service: Service, row: ConnectorRow, connection: AsyncConnection, request: Request) -> PollResult:
    """Poll with the connector's lock held: whatever happens is recorded."""
    stream = get_connector(row.type).streams[0]
    began = service.clock.monotonic()
    result = PollResult(row.name, stream.name, service.clock.now())
    async with connection.begin():
        poll_id = await start_poll(connection, row.id, stream.name, result.started_at, INTERRUPTED.facts())
    try:
        await _read_window(service, row, connection, result, request)
    except asyncio.CancelledError:
        await _record(service, row, poll_id, result, began, INTERRUPTED)
        raise
    except AisocError as error:
        await _record(service, row, poll_id, result, began, error)
    except IntegrityError as error:
        # The checkpoint has no connector to belong to.
        await _record(service, row, poll_id, result, began, _removed(row, error))
    except DBAPIError as error:
        await _record(service, row, poll_id, result, began, database_problem(error, service.engine.url))
    except Exception as error:  # noqa: BLE001
        # The boundary: a poll never takes its worker down, and an unforeseen error is shown like any other.
        _log.exception("poll_crashed", connector=row.name)
        await _record(service, row, poll_id, result, began, _unforeseen(error))
    else:
        await _record(service, row, poll_id, result, began, None)
    return result


async def _read_window(
    service: Service, row: ConnectorRow, connection: AsyncConnection, result: PollResult, request: Request
) -> None:
    """Read the window to its end, committing what has come, and then move the checkpoint."""
    connector, config = open_config(row, service.vault)
    stream = connector.streams[0]
    async with connection.begin():
        progress = await read_progress(connection, row.id, stream.name)
        reads = await complete_reads(connection, row.id, stream.name)
    now = service.clock.now()
    tier = request.tier or due_tier(config, reads, now)
    plan = plan_window(progress, config, stream, now, tier, request.since)
    result.plan(plan)
    async with connector.connect(config, service.context) as session:
        try:
            sorted_pages = _sorted(connector, connector.fetch(session, stream, plan.window))
            async with aclosing(gathered(sorted_pages, _PAGES_AHEAD)) as batches:
                async for pages in batches:
                    async with connection.begin():
                        await _store(connection, pages, progress, result)
                    request.on_page(result)
        finally:
            result.requests = session.requests
    async with connection.begin():
        await move_checkpoint(connection, row.id, stream.name, plan.window)


async def _sorted(connector: Connector, pages: AsyncIterator[list[bytes]]) -> AsyncIterator[Intake]:
    """Sort each page as soon as it has come, while the ones before are stored."""
    async for page in pages:
        intake = Intake()
        for start in range(0, len(page), _PART):
            sort_records(connector, page[start : start + _PART], intake)
            await asyncio.sleep(0)  # PostgreSQL gets more of what is on its way to it
        yield intake


async def _store(
    connection: AsyncConnection, pages: list[Intake], progress: Progress | None, result: PollResult
) -> None:
    """Store pages in a transaction, and count."""
    events = [record for page in pages for record in page.events]
    quarantined = [record for page in pages for record in page.quarantined]
    await commit_later(connection)
    added = await store_events(connection, result.connector, events)
    await quarantine_records(connection, result.connector, quarantined)
    result.pages += len(pages)
    result.events_read += sum(page.read for page in pages)
    result.events_dropped += sum(page.dropped for page in pages)
    result.events_quarantined += len(quarantined)
    result.events_added += len(added)
    result.events_duplicate += len(events) - len(added)
    if progress is not None:
        result.late_recovered += sum(event.event_time < progress.position for event in added)


async def _record(
    service: Service, row: ConnectorRow, poll_id: int, result: PollResult, began: float, error: AisocError | None
) -> None:
    """Write the result into history and log, on a connection of its own: the poll's may be what failed."""
    result.duration = round(service.clock.monotonic() - began, 3)
    result.error = error.facts() if error else None
    level = _log.warning if error else _log.info
    level("poll", **result.facts())
    row_facts = {name: value for name, value in asdict(result).items() if name not in _NOT_IN_ROW}
    try:
        async with service.engine.begin() as connection:
            await finish_poll(connection, poll_id, row_facts | {"finished_at": service.clock.now()})
            if isinstance(error, Retry) and error.after is not None:
                await set_next_poll(connection, row.id, error.after)
    except DBAPIError as problem:
        _log.error(
            "poll_not_recorded", connector=row.name, reason=database_problem(problem, service.engine.url).message
        )


def _removed(row: ConnectorRow, error: IntegrityError) -> Abort:
    problem = Abort(
        "connector_removed",
        f"{row.name} was removed while it was polled.",
        "Nothing to do: the events that were read are stored.",
    )
    problem.__cause__ = error
    return problem


def _unforeseen(error: Exception) -> Abort:
    return Abort(
        "unforeseen_error",
        f"The poll met an error that AiSOC does not know: {type(error).__name__}.",
        "The log has its traceback: please report it. Nothing is lost: the next poll reads the same window.",
    )
