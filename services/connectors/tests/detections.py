"""Rules made by hand, and what the alerts of a database look like, for the tests of detections."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from support import query

from app.detection.record import Record
from app.detection.rules import ActiveRules, EventRule
from app.events.event import Severity
from app.service import Service

GRANT = "microsoft.authorization/roleassignments/write"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_EVENTS = "SELECT event_id, event_time, rule_id FROM alert_events WHERE alert_id = :id"
_ENTITIES = "SELECT kind, value, shown FROM alert_entities WHERE alert_id = :id"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


def a_rule(name: str, operation: str, matches: Callable[[Record], bool] = lambda _: True, **fields: Any) -> EventRule:
    """Return a rule on one operation."""
    usual: dict[str, Any] = {
        "id": name,
        "title": name.capitalize(),
        "severity": Severity.MEDIUM,
        "path": Path(f"{name}.yml"),
        "matches": matches,
        "may_match": lambda event_type, _: event_type == operation,
    }
    return EventRule(**usual | fields)


def some_rules(*rules: EventRule) -> ActiveRules:
    return ActiveRules(rules={rule.id: rule for rule in rules})


def body_of(role: str, principal: str = "9d1b3c0e-2f0f-4a0e-9a55-0a6a3c1f7a01") -> dict[str, Any]:
    """Return the request that assigns a role at the subscription."""
    definition = f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return {"properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": "User"}}


def grants_owner(record: Record) -> bool:
    """The condition of a rule that reads the request."""
    assert record.request is not None
    return OWNER in str(record.request)


async def alerts_of(service: Service) -> list[dict[str, Any]]:
    """Return all alerts as their records make them, in the order of their ids; nothing that depends on their order."""
    alerts = await query(
        service,
        """
        SELECT id, rule_id, rule_title, kind, operation, group_key, severity, title, outcome, techniques, tactics,
            facts, connector, subscription_id, first_time, last_time, events, superseded_by, suppressed_by
        FROM alerts ORDER BY id
        """,
    )
    for alert in alerts:
        alert["of_events"] = await _of(
            service, "SELECT event_id, event_time, rule_id FROM alert_events WHERE alert_id = :id", alert
        )
        alert["of_entities"] = await _of(
            service, "SELECT kind, value, shown FROM alert_entities WHERE alert_id = :id", alert
        )
    return alerts


def told(alerts: Iterable[dict[str, Any]]) -> list[str]:
    """Return what alerts tell, in an order of their own.

    Left out is what depends on the order of records: which of several joined episodes was there first, and so its id.
    """
    found = []
    for alert in alerts:
        fields = dict(alert)
        if alert["kind"] in {"correlation", "first_seen"}:
            if alert["superseded_by"] is not None:
                continue
            del fields["id"], fields["superseded_by"]
        found.append(str(fields))
    return sorted(found)


async def _of(service: Service, sql: str, alert: dict[str, Any]) -> list[str]:
    rows: Iterable[dict[str, Any]] = await query(service, sql, id=alert["id"])
    return sorted(str(sorted(row.items())) for row in rows)
