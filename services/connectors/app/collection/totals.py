"""How all connectors stand and what their polls have done since the beginning, cheap enough to be asked each minute."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.coverage import Coverage
from app.collection.health import Health, judge
from app.collection.lags import MEASURED_DAYS, Lags
from app.collection.windows import measured_widths
from app.connectors import get_connector
from app.connectors.base import CollectionConfig, Window
from app.storage.connectors import ConnectorRow, list_connectors
from app.storage.polls import Failures
from app.storage.totals import (
    PollSums,
    StandingRow,
    count_quarantined,
    count_readings,
    read_all_lags,
    read_standings,
    sum_polls,
)

# Of connector, tier and outcome.
Key = tuple[UUID, str, str]


@dataclass(frozen=True)
class Stand:
    """How a connector stands."""

    row: ConnectorRow
    health: Health
    lags: Lags


@dataclass(frozen=True)
class Totals:
    """The whole: how connectors stand, sums of polls by connector, tier and outcome, readings by kind and state."""

    stands: list[Stand]
    polls: dict[Key, Counter[str]]
    readings: dict[tuple[str, str], int]
    quarantined: int


class Summary:
    """Reads totals, and remembers the sums of the polls that change no more, so that history may grow long."""

    def __init__(self) -> None:
        self._horizon = 0
        self._past: dict[Key, Counter[str]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def read(self, connection: AsyncConnection, now: datetime) -> Totals:
        """Return the totals of all hosts' work."""
        stands = await _read_stands(connection, now)
        async with self._one_at_a_time:
            polls = self._joined(await sum_polls(connection, self._horizon, now))
        known = {stand.row.id for stand in stands}
        return Totals(
            stands,
            {key: sums for key, sums in polls.items() if key[0] in known},
            await count_readings(connection),
            await count_quarantined(connection),
        )

    def _joined(self, found: list[PollSums]) -> dict[Key, Counter[str]]:
        """Add what is new to what was summed before, of which what changes no more is kept."""
        for sums in found:
            if sums.past:
                self._past.setdefault(_key(sums), Counter()).update(sums.sums)
                self._horizon = sums.horizon
        polls = {key: Counter(sums) for key, sums in self._past.items()}
        for sums in found:
            if not sums.past:
                polls.setdefault(_key(sums), Counter()).update(sums.sums)
        return polls


def _key(sums: PollSums) -> Key:
    return sums.connector_id, sums.tier, sums.outcome


async def _read_stands(connection: AsyncConnection, now: datetime) -> list[Stand]:
    rows = await list_connectors(connection)
    standings = await read_standings(connection)
    lags = await read_all_lags(connection, (now - timedelta(days=MEASURED_DAYS)).date())
    return [_stand(row, standings[row.id], lags.get(row.id, Lags()), now) for row in rows if row.id in standings]


def _stand(row: ConnectorRow, standing: StandingRow, lags: Lags, now: datetime) -> Stand:
    config, until = CollectionConfig.model_validate(row.config), standing.covered_until
    # Of the ledger, health asks for its end only.
    coverage = Coverage(until, (Window(until, until),)) if until else None
    widths = measured_widths(config, get_connector(row.type).streams[0], lags)
    health = judge(row, coverage, widths, Failures(standing.failures), now + standing.ahead)
    return Stand(row, health, lags)
