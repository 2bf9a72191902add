"""What is told of alerts to programs, by the API and the command line alike."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.clock import iso
from app.detection.alerts import AlertDetail
from app.storage.alert_queries import AlertChangeRow, AlertCounts, AlertRow
from app.storage.suppressions import SuppressionRow


def alert_facts(alert: AlertRow) -> dict[str, Any]:
    """Return an alert as JSON-ready facts."""
    told = {name: _told(value) for name, value in vars(alert).items()}
    entities = [{"kind": one.kind, "value": one.value, "shown": one.shown} for one in alert.entities]
    return told | {"severity": alert.severity.value, "entities": entities}


def detail_facts(detail: AlertDetail) -> dict[str, Any]:
    """Return an alert with its history and what holds it back, as JSON-ready facts; its events are left out."""
    return alert_facts(detail.alert) | {
        "history": [change_facts(change) for change in detail.changes],
        "suppression": None if detail.suppression is None else suppression_facts(detail.suppression),
    }


def change_facts(change: AlertChangeRow) -> dict[str, Any]:
    """Return an entry of an alert's history as JSON-ready facts."""
    return vars(change) | {"at": iso(change.at)}


def counts_facts(counts: AlertCounts) -> dict[str, Any]:
    """Return counts as JSON-ready facts."""
    by_severity = {severity.value: number for severity, number in counts.by_severity.items()}
    return {"by_status": counts.by_status, "by_severity": by_severity, "more": counts.more}


def suppression_facts(row: SuppressionRow) -> dict[str, Any]:
    """Return a suppression as JSON-ready facts."""
    return {name: _told(value) for name, value in vars(row).items()}


def _told(value: Any) -> Any:
    match value:
        case datetime():
            return iso(value)
        case UUID():
            return str(value)
        case tuple():
            return list(value)
        case _:
            return value
