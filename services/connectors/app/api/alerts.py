"""Alerts: the queue, one with all that belongs to it, and working them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from app.api.alert_models import (
    Alert,
    AlertDetail,
    Alerts,
    ChangeOfAlert,
    ChangeOfAlerts,
    Counts,
    HistoryEntry,
    Note,
    Timeline,
    wanted_alerts,
)
from app.api.contract import problems
from app.api.cursors import Cursor
from app.api.event_models import event_facts
from app.api.fields import Facts, Items, Limit
from app.detection.alert_facts import alert_facts, change_facts, counts_facts, detail_facts
from app.detection.alerts import (
    AlertChange,
    add_note,
    change_alerts,
    count_alerts,
    list_alerts,
    list_assignees,
    read_alert,
    read_timeline,
)
from app.storage.alert_filter import AlertFilter
from app.storage.alert_queries import Order
from app.web.access import Analysing, Viewing

router = APIRouter(tags=["alerts"])
ONE = "/alerts/{alert_id:uuid}"
_Wanted = Annotated[AlertFilter, Depends(wanted_alerts)]


@router.get("/alerts", response_model=Alerts)
async def read_alerts(
    service: Viewing,
    wanted: _Wanted,
    limit: Limit = 50,
    cursor: Cursor = None,
    order: Annotated[Order, Query(description="By what happened last; `severity`: the most severe before.")] = "newest",
) -> Facts:
    """List alerts, those that are open unless asked otherwise, page by page."""
    page = await list_alerts(service, wanted, limit, cursor, order)
    return {"items": [alert_facts(alert) for alert in page.alerts], "next": page.next_cursor}


@router.patch("/alerts", response_model=Items[Alert], responses=problems(404, 409))
async def change_many_alerts(service: Analysing, body: ChangeOfAlerts) -> Facts:
    """Change status, verdict or assignee of up to 500 alerts: of all, or of none."""
    alerts = await change_alerts(service, body.ids, _asked(body))
    return {"items": [alert_facts(alert) for alert in alerts]}


@router.get("/alerts/counts", response_model=Counts)
async def read_alert_counts(service: Viewing, wanted: _Wanted) -> Facts:
    """Count the alerts of a filter by status and by severity."""
    return counts_facts(await count_alerts(service, wanted))


@router.get("/alerts/assignees", response_model=Items[str])
async def read_assignees(service: Analysing) -> Facts:
    """List the users that alerts can be assigned to, by name."""
    return {"items": await list_assignees(service)}


@router.get(ONE, response_model=AlertDetail)
async def read_one_alert(service: Viewing, alert_id: UUID) -> Facts:
    """Return an alert with its events and its history."""
    detail = await read_alert(service, alert_id)
    events = [{"rule_id": one.rule_id, "event": event_facts(one.stored)} for one in detail.events]
    return detail_facts(detail) | {"event_list": events}


@router.patch(ONE, response_model=Alert, responses=problems(409))
async def change_alert(service: Analysing, alert_id: UUID, body: ChangeOfAlert) -> Facts:
    """Change an alert's status, verdict or assignee."""
    (alert,) = await change_alerts(service, [alert_id], _asked(body))
    return alert_facts(alert)


@router.post(f"{ONE}/notes", status_code=201, response_model=HistoryEntry)
async def create_note(service: Analysing, alert_id: UUID, body: Note) -> Facts:
    """Add a note to an alert's history."""
    return change_facts(await add_note(service, alert_id, body.text))


@router.get(f"{ONE}/timeline", response_model=Timeline)
async def read_alert_timeline(service: Viewing, alert_id: UUID) -> Facts:
    """Return the records of an alert's operation, and what its actor did an hour around."""
    told = await read_timeline(service, alert_id)
    return {
        "operation": [event_facts(stored) for stored in told.operation],
        "actor": [event_facts(stored) for stored in told.actor],
        "of_alert": [str(event_id) for event_id in sorted(told.of_alert)],
    }


def _asked(body: ChangeOfAlert) -> AlertChange:
    return AlertChange(
        status=body.status, verdict=body.verdict, assignee=body.assignee, expected_status=body.expected_status
    )
