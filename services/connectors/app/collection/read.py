"""Reading a window to its end: commit page by page, and only then tell the ledger."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.ahead import gathered
from app.collection.configuration import open_config
from app.collection.coverage import Coverage, Gap, settled_part, slices
from app.collection.intake import Intake, sort_records
from app.collection.lags import count_lags
from app.collection.ledger import read_ledger
from app.collection.result import PollResult
from app.collection.storing import store_intake
from app.collection.windows import RETENTION_MARGIN, Widths
from app.connectors.base import CollectionConfig, Connector, Session, Stream, Window
from app.errors import Abort, Retry
from app.service import Service
from app.storage.connectors import ConnectorRow, read_throttled_until
from app.storage.coverage import add_gap, add_lags, add_read
from app.storage.database import store_lightly

# Stored in one transaction at most: some 4,000 events, or twenty megabytes.
_PAGES_AHEAD = 20
OnPages = Callable[[PollResult], None]


@dataclass(frozen=True)
class Reader:
    """What reading a connector's stream needs; session and connection are the reader's own."""

    service: Service
    row: ConnectorRow
    connector: Connector
    config: CollectionConfig
    stream: Stream
    session: Session
    connection: AsyncConnection
    coverage: Coverage | None
    widths: Widths

    @property
    def now(self) -> datetime:
        """The time on the source's clock: windows mean its times, whatever this machine thinks the time is."""
        return self.service.clock.now() - self.session.clock_ahead


@asynccontextmanager
async def open_reader(
    service: Service, row: ConnectorRow, connection: AsyncConnection, result: PollResult, *, background: bool = False
) -> AsyncIterator[Reader]:
    """Open a connector's configuration, session and ledger; the session's requests are counted in the result.

    Raises Abort (secret_unreadable, clock_wrong, or what the sign-in says), or Retry (throttled) while the source asks
    not to be asked.
    """
    connector, config = open_config(row, service.vault)
    await _heed_throttling(service, row, connection)
    context = service.background_context if background else service.context
    async with connector.connect(config, context) as session:
        _check_clock(session)
        try:
            yield await _reader(service, row, connector, config, session, connection)
        finally:
            result.requests = session.requests


async def _reader(
    service: Service,
    row: ConnectorRow,
    connector: Connector,
    config: CollectionConfig,
    session: Session,
    connection: AsyncConnection,
) -> Reader:
    stream, now = connector.streams[0], service.clock.now() - session.clock_ahead
    async with connection.begin():
        ledger = await read_ledger(connection, row, config, stream, now)
    return Reader(service, row, connector, config, stream, session, connection, ledger.coverage, ledger.widths)


async def read_windows(
    reader: Reader, window: Window, result: PollResult, on_pages: OnPages, gap: Gap | None = None
) -> None:
    """Read a window in parts of at most the stream's largest one, oldest first, each noted in the ledger at its end.

    gap: what before the window can no longer be read; it is noted with the first part.
    """
    for part in slices(window, reader.stream.largest_window):
        began = reader.now
        async with aclosing(gathered(_sorted(reader, part), _PAGES_AHEAD)) as batches:
            async for pages in batches:
                await _store(reader, pages, result)
                on_pages(result)
        await _note(reader, part, began, gap)
        gap = None


async def _sorted(reader: Reader, window: Window) -> AsyncIterator[Intake]:
    """Sort each page as soon as it has come, while the ones before are stored."""
    async for page in reader.connector.fetch(reader.session, reader.stream, window):
        yield sort_records(reader.connector, page)


async def _store(reader: Reader, pages: list[Intake], result: PollResult) -> None:
    """Store pages and the lags of what is new in them in one transaction, and count."""
    intake = Intake.joined(pages)
    async with reader.connection.begin():
        await store_lightly(reader.connection)
        added = await store_intake(reader.service, reader.connection, reader.row.name, intake)
        await add_lags(reader.connection, reader.row.id, reader.stream.name, count_lags(added))
    result.pages += len(pages)
    result.events_read += intake.read
    result.events_dropped += intake.dropped
    result.events_quarantined += len(intake.quarantined)
    result.events_added += len(added)
    result.events_duplicate += len(intake.events) - len(added)
    if reader.coverage is not None:
        result.late_recovered += sum(reader.coverage.was_read(event.event_time) for event in added)


async def _note(reader: Reader, window: Window, began: datetime, gap: Gap | None) -> None:
    """Tell the ledger of a window whose complete read began at that time."""
    settled = settled_part(window, began, reader.widths.longest_lag)
    async with reader.connection.begin():
        await add_read(reader.connection, reader.row.id, reader.stream.name, window, settled)
        if gap is not None:
            await add_gap(reader.connection, reader.row.id, reader.stream.name, gap)


async def _heed_throttling(service: Service, row: ConnectorRow, connection: AsyncConnection) -> None:
    async with connection.begin():
        until = await read_throttled_until(connection, row.id)
    if until is not None and until > service.clock.now():
        raise _still_throttled(row, until)


def _check_clock(session: Session) -> None:
    """Raise Abort (clock_wrong) where this machine's clock is too far off for its times to mean anything."""
    if abs(session.clock_ahead) > RETENTION_MARGIN:
        minutes = round(abs(session.clock_ahead).total_seconds() / 60)
        side = "ahead of" if session.clock_ahead > timedelta() else "behind"
        raise Abort(
            "clock_wrong",
            f"This machine's clock is {minutes:,} minutes {side} the source's: nothing was read.",
            "Set the clock (NTP); the checkpoint has not moved, so nothing is lost.",
        )


def _still_throttled(row: ConnectorRow, until: datetime) -> Retry:
    return Retry(
        "throttled",
        f"The source asked that {row.name} and whoever shares its allowance read nothing until {until:%H:%M:%S} UTC.",
        "Nothing to do: the same window is read then.",
        until,
    )
