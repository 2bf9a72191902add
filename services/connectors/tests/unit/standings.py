"""Connectors that stand as a test wants them to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.collection.coverage import Coverage
from app.collection.health import Health, Standing, State
from app.collection.lags import Lags
from app.collection.ledger import Ledger
from app.collection.windows import Widths
from app.connectors.base import Window
from app.console.attention import Watched
from app.storage.connectors import ConnectorRow

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
EXPIRES = "2027-05-01"
WIDTHS = Widths(overlap=timedelta(minutes=5), sweep=timedelta(hours=1), longest_lag=timedelta(minutes=20))
READ = Coverage(NOW - timedelta(days=7), (Window(NOW - timedelta(days=7), NOW),))


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


def connector(name: str = "prod", *, enabled: bool = True, **config: Any) -> ConnectorRow:
    fields = {"poll_interval_seconds": 300, "client_secret_expires_on": EXPIRES, "subscription_id": "5a1f"} | config
    return ConnectorRow(UUID(int=1), name, "azure_activity", fields, "sealed", enabled, ago(days=8), NOW)


def standing(state: State = "healthy", coverage: Coverage | None = READ, **health: Any) -> Standing:
    told = Health(
        state=state,
        covered_until=coverage.covered_until if coverage else None,
        settled_until=coverage.settled_until if coverage else None,
        behind=timedelta(),
        error=None,
        since=None,
        next_try=None if state == "paused" else NOW + timedelta(minutes=3),
    )
    return Standing(replace(told, **health), Ledger(coverage, Lags(), WIDTHS))


def watched(row: ConnectorRow | None = None, told: Standing | None = None) -> Watched:
    return Watched(row or connector(), told or standing())
