"""One poll: plan the window that is due, and read it with nobody else polling the connector."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.coverage import Gap
from app.collection.history import INTERRUPTED, recorded
from app.collection.read import OnPages, Reader, open_reader, read_windows
from app.collection.result import PollResult
from app.collection.windows import LIVE_TIERS, Plan, Tier, due_tier, plan_window
from app.connectors import get_connector
from app.errors import Retry
from app.service import Service
from app.storage.connectors import ConnectorRow
from app.storage.database import exclusive
from app.storage.polls import close_interrupted, complete_reads


@dataclass(frozen=True)
class Request:
    """What to poll: the tier that is due when None, and from `since` on in any case.

    on_pages: called with the result so far as pages are stored. wait_seconds: how long to wait for another poll's end.
    """

    tier: Tier | None = None
    since: datetime | None = None
    on_pages: OnPages = lambda _result: None
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
        now = service.clock.now()
        result = PollResult(row.name, get_connector(row.type).streams[0].name, now, request.tier or "poll")
        async with connection.begin():
            await close_interrupted(connection, row.id, LIVE_TIERS, now, INTERRUPTED.facts())
        await recorded(service, row, connection, result, partial(_poll, service, row, connection, result, request))
    return result


async def _poll(
    service: Service, row: ConnectorRow, connection: AsyncConnection, result: PollResult, request: Request
) -> None:
    async with open_reader(service, row, connection, result) as reader:
        plan = await _plan(reader, request)
        result.plan(plan)
        await read_windows(reader, plan.window, result, request.on_pages, _gap(reader, plan))


def _gap(reader: Reader, plan: Plan) -> Gap | None:
    if plan.gap is None:
        return None
    outage = reader.coverage is not None and plan.gap.since == reader.coverage.covered_until
    return Gap(plan.gap, "outage_longer_than_retention" if outage else "older_than_retention")


async def _plan(reader: Reader, request: Request) -> Plan:
    async with reader.connection.begin():
        reads = await complete_reads(reader.connection, reader.row.id, reader.stream.name)
    now = reader.now
    tier = request.tier or due_tier(reader.config, reads, now)
    since = _first_start(reader, request.since) if reads.first is None else request.since
    return plan_window(reader.coverage, reader.widths, reader.stream, now, tier, since)


def _first_start(reader: Reader, since: datetime | None) -> datetime:
    """Return where the first poll begins: by when the connector was added, however often it failed since."""
    begin = reader.row.created_at - timedelta(hours=reader.config.initial_lookback_hours)
    return min(begin, since or begin)
