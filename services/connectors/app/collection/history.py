"""The record of every read: whatever happens in it, its row tells how it ended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import iso
from app.collection.backoff import put_off
from app.collection.result import PollResult
from app.collection.windows import LIVE_TIERS
from app.errors import Abort, AisocError, Retry
from app.log import get_logger
from app.service import Service
from app.storage.connectors import ConnectorRow, bring_forward
from app.storage.database import database_problem
from app.storage.polls import finish_poll, start_poll

Work = Callable[[], Awaitable[None]]

_log = get_logger(__name__)
INTERRUPTED = Retry(
    "interrupted", "The poll was interrupted before its end.", "Nothing to do: the next poll reads the same window."
)


async def recorded(
    service: Service, row: ConnectorRow, connection: AsyncConnection, result: PollResult, work: Work
) -> AisocError | None:
    """Do the work with a row of history around it; return the error that ended it.

    Only cancellation is raised, after it is recorded too.
    """
    began = service.clock.monotonic()
    async with connection.begin():
        poll_id = await start_poll(connection, row.id, result.stream, result.tier, result.started_at)
    try:
        problem = await _outcome(service, row, work)
    except asyncio.CancelledError:
        await _record(service, row, poll_id, result, began, INTERRUPTED)
        raise
    await _record(service, row, poll_id, result, began, problem)
    return problem


async def _outcome(service: Service, row: ConnectorRow, work: Work) -> AisocError | None:
    """Wait for the work and return why it failed, as a sentence with a remedy."""
    try:
        await work()
    except AisocError as error:
        return error
    except IntegrityError as error:
        # The ledger has no connector to belong to.
        return _removed(row, error)
    except DBAPIError as error:
        return database_problem(error, service.engine.url)
    except Exception as error:  # noqa: BLE001
        # The boundary: a poll never takes its worker down, and an unforeseen error is shown like any other.
        _log.exception("poll_crashed", connector=row.name)
        return _unforeseen(error)
    return None


async def _record(
    service: Service, row: ConnectorRow, poll_id: int, result: PollResult, began: float, error: AisocError | None
) -> None:
    """Write the result into history and log, on a connection of its own: the poll's may be what failed."""
    result.duration = round(service.clock.monotonic() - began, 3)
    result.error = error.facts() if error else None
    try:
        async with service.engine.begin() as connection:
            await finish_poll(connection, poll_id, result.row() | {"finished_at": service.clock.now()})
            again_at = await _reschedule(connection, row, result, error, service.clock.now())
        _tell(result, again_at)
    except DBAPIError as problem:
        _tell(result, None)
        _log.error(
            "poll_not_recorded", connector=row.name, reason=database_problem(problem, service.engine.url).message
        )


async def _reschedule(
    connection: AsyncConnection, row: ConnectorRow, result: PollResult, error: AisocError | None, now: datetime
) -> datetime | None:
    """Put a failed connector off, and end the putting off of one that was read, also by hand."""
    if error is not None:
        return await put_off(connection, row, result, error, now)
    if result.tier in LIVE_TIERS:
        await bring_forward(connection, row.id, now + timedelta(seconds=row.config["poll_interval_seconds"]))
    return None


def _tell(result: PollResult, again_at: datetime | None) -> None:
    """Log how a read ended; a failed one with the time when it is tried again."""
    if result.error is None:
        _log.info("poll", **result.facts())
    else:
        _log.warning("poll", **result.facts(), again_at=iso(again_at))


def _removed(row: ConnectorRow, error: IntegrityError) -> Abort:
    problem = Abort(
        "connector_removed",
        f"{row.name} was removed while it was polled.",
        "Nothing to do: the events that were stored before stay.",
    )
    problem.__cause__ = error
    return problem


def _unforeseen(error: Exception) -> Abort:
    return Abort(
        "unforeseen_error",
        f"The poll met an error that AiSOC does not know: {type(error).__name__}.",
        "The log has its traceback: please report it. Nothing is lost: the next poll reads the same window.",
    )
