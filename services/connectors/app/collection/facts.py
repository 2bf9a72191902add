"""What is told of connectors to programs: the same facts by the same names on the command line and in the API."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import iso
from app.collection.configuration import described_fields
from app.collection.health import Health, Standing, read_standings
from app.collection.lags import BOUNDS, MEASURED_DAYS, Lags
from app.collection.result import PollResult
from app.connectors import get_connector
from app.connectors.base import TestReport, Window
from app.storage.connectors import ConnectorRow
from app.storage.polls import last_poll_by_connector


def catalog_entry(connector_id: str) -> dict[str, Any]:
    """Return a connector type's facts, its required fields first."""
    connector = get_connector(connector_id)
    fields = [
        {
            "name": name,
            "required": field.is_required(),
            "secret": field.annotation is SecretStr,
            "default": None if field.is_required() else field.default,
            "description": field.description or "",
        }
        for name, field in described_fields(connector)
    ]
    return {"id": connector.id, "name": connector.name, "docs": connector.docs, "fields": fields}


def connector_facts(row: ConnectorRow) -> dict[str, Any]:
    """Return a connector as JSON-ready facts, without secrets."""
    return {
        "id": str(row.id),
        "name": row.name,
        "type": row.type,
        "enabled": row.enabled,
        "config": row.config,
        "created_at": iso(row.created_at),
        "next_poll_at": iso(row.next_poll_at) if row.enabled else None,
    }


def poll_facts(row: ConnectorRow, poll: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a row of history as JSON-ready facts."""
    if poll is None:
        return None
    return PollResult.from_row(row.name, poll).facts() | {"finished_at": iso(poll["finished_at"])}


def report_facts(report: TestReport) -> dict[str, Any]:
    """Return what a connection test found as JSON-ready facts."""
    return {"ok": report.ok, "findings": [vars(finding) for finding in report.findings]}


@dataclass(frozen=True)
class Listed:
    """A line of the list: a connector, its health, and its last finished poll."""

    row: ConnectorRow
    health: Health
    poll: dict[str, Any] | None

    def facts(self) -> dict[str, Any]:
        """Return it as JSON-ready facts."""
        told = {"health": self.health.facts(), "last_poll": poll_facts(self.row, self.poll)}
        return connector_facts(self.row) | told


async def read_listed(connection: AsyncConnection, rows: list[ConnectorRow], now: datetime) -> list[Listed]:
    """Read how connectors stand now."""
    last = await last_poll_by_connector(connection)
    standings = await read_standings(connection, rows, now)
    return [Listed(row, each.health, last.get(row.id)) for row, each in zip(rows, standings, strict=True)]


def coverage_facts(standing: Standing) -> dict[str, Any]:
    """Return the ledger and the measured lags as JSON-ready facts."""
    ledger, widths = standing.ledger.coverage, standing.ledger.widths
    return {
        "health": standing.health.facts(),
        "asked_since": iso(ledger.asked_since) if ledger else None,
        "covered_until": iso(ledger.covered_until) if ledger else None,
        "settled_until": iso(ledger.settled_until) if ledger else None,
        "read": _facts(ledger.read) if ledger else [],
        "unsettled": _facts(ledger.unsettled) if ledger else [],
        "missing": _facts(ledger.missing) if ledger else [],
        "gaps": [_fact(gap.window) | {"reason": gap.reason} for gap in ledger.gaps] if ledger else [],
        "lag": lag_facts(standing.ledger.lags),
        "overlap_seconds": widths.overlap.total_seconds(),
        "sweep_seconds": widths.sweep.total_seconds(),
    }


def lag_facts(lags: Lags) -> dict[str, Any]:
    """Return the measured lags as JSON-ready facts; the histogram's last bucket has no upper end (null)."""
    return {
        "days": MEASURED_DAYS,
        "events": lags.events,
        "p95_seconds": lags.percentile(0.95).total_seconds(),
        "longest_seconds": lags.longest.total_seconds(),
        "histogram": [
            {"up_to_seconds": bound, "events": count} for bound, count in zip((*BOUNDS, None), lags.counts, strict=True)
        ],
    }


def _facts(windows: tuple[Window, ...]) -> list[dict[str, Any]]:
    return [_fact(window) for window in windows]


def _fact(window: Window) -> dict[str, Any]:
    return {"since": iso(window.since), "until": iso(window.until)}
