"""Whether a connector sees what it should: told from its ledger, never from calls that did not fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import iso
from app.collection.coverage import Coverage
from app.collection.ledger import Ledger, read_ledgers
from app.collection.windows import Widths
from app.connectors import get_connector
from app.connectors.base import CollectionConfig
from app.storage.connectors import ConnectorRow
from app.storage.polls import Failures, Latest, read_latest

State = Literal["healthy", "behind", "failing", "paused"]
# A poll begins some seconds after it is due, and takes its time.
GRACE = timedelta(seconds=30)


@dataclass(frozen=True)
class Health:
    """A connector's state, and what it is told from.

    behind: the time since what is covered, whatever the state. error: code, message and remedy of the last failure,
    when failing; since: when the failing began. next_try: when it is due, None when paused.
    """

    state: State
    covered_until: datetime | None
    settled_until: datetime | None
    behind: timedelta
    error: dict[str, Any] | None
    since: datetime | None
    next_try: datetime | None

    def facts(self) -> dict[str, Any]:
        """Return the health as JSON-ready facts; behind in whole seconds."""
        return {
            "state": self.state,
            "covered_until": iso(self.covered_until),
            "settled_until": iso(self.settled_until),
            "behind_seconds": round(self.behind.total_seconds()),
            "error": self.error,
            "since": iso(self.since),
            "next_try": iso(self.next_try),
        }


@dataclass(frozen=True)
class Standing:
    """How a connector's stream stands: its health, and what that is told from."""

    health: Health
    ledger: Ledger


async def read_standing(connection: AsyncConnection, row: ConnectorRow, now: datetime) -> Standing:
    """Read how a connector's stream stands now."""
    return (await read_standings(connection, [row], now))[0]


async def read_standings(connection: AsyncConnection, rows: Sequence[ConnectorRow], now: datetime) -> list[Standing]:
    """Read how connectors' streams stand now, in the same order; a few queries a type, however many there are."""
    latest = await read_latest(connection, [row.id for row in rows])
    ledgers: dict[UUID, Ledger] = {}
    for kind in {row.type for row in rows}:
        configs = {row.id: CollectionConfig.model_validate(row.config) for row in rows if row.type == kind}
        ledgers |= await read_ledgers(connection, configs, get_connector(kind).streams[0], now)
    return [_standing(row, ledgers[row.id], latest[row.id], now) for row in rows]


def _standing(row: ConnectorRow, ledger: Ledger, latest: Latest, now: datetime) -> Standing:
    # A worker whose clock is slow took the source's time for later than its own: health must not take it for earlier.
    return Standing(judge(row, ledger.coverage, ledger.widths, latest.failures, now + latest.ahead), ledger)


def judge(row: ConnectorRow, coverage: Coverage | None, widths: Widths, failures: Failures, now: datetime) -> Health:
    """Return the health: healthy is covered up to now less interval and overlap, with no failure since."""
    covered_until = coverage.covered_until if coverage else None
    behind = max(timedelta(), now - (covered_until or row.created_at))
    return Health(
        state=_state(row, covered_until, behind, widths, failures),
        covered_until=covered_until,
        settled_until=coverage.settled_until if coverage else None,
        behind=behind,
        error=failures.last,
        since=failures.since,
        next_try=row.next_poll_at if row.enabled else None,
    )


def _state(
    row: ConnectorRow, covered_until: datetime | None, behind: timedelta, widths: Widths, failures: Failures
) -> State:
    if not row.enabled:
        return "paused"
    if failures.count:
        return "failing"
    allowed = timedelta(seconds=row.config["poll_interval_seconds"]) + widths.overlap + GRACE
    return "healthy" if covered_until is not None and behind <= allowed else "behind"
