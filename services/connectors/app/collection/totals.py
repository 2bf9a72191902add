"""How all connectors stand and what their polls have done since the beginning, cheap enough to be asked each minute."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.health import Health, read_standings
from app.collection.lags import Lags
from app.storage.connectors import ConnectorRow, list_connectors
from app.storage.totals import PollSums, count_quarantined, count_readings, sum_polls

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
    standings = await read_standings(connection, rows, now)
    return [Stand(row, both.health, both.ledger.lags) for row, both in zip(rows, standings, strict=True)]
