"""A rule, and alerts put into the store as they are described, without events that would make them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from app.service import Service
from app.settings import Settings
from app.storage.detection_tables import alert_entities, alert_events, alerts

RULE = "8f2f6c1e-6f5e-4a52-9d0b-6a2f6f0f3b11"
RULE_FILE = f"""
title: A role was granted
id: {RULE}
level: critical
logsource: {{product: azure, service: activitylogs}}
tags: [attack.privilege-escalation, attack.t1098.003]
detection:
  selection:
    operationName: Microsoft.Authorization/roleAssignments/write
  condition: selection
"""


def with_rule(settings: Settings, folder: Path) -> Settings:
    """Return settings under which the rule is in force."""
    rules = folder / "rules"
    rules.mkdir()
    (rules / "role.yml").write_text(RULE_FILE)
    return settings.model_copy(update={"rules": (rules,)})


async def file_alert(
    service: Service,
    *,
    ago: timedelta = timedelta(minutes=5),
    entities: list[tuple[str, str]] = [],  # noqa: B006 - nobody changes it
    events: dict[UUID, tuple[datetime, str]] = {},  # noqa: B006
    **changes: Any,
) -> UUID:
    """Add an alert about something so long ago. entities: (kind, name); events: by id their time and rule."""
    now = service.clock.now()
    alert_id: UUID = changes.get("id") or uuid4()
    values: dict[str, Any] = {
        "id": alert_id,
        "rule_id": RULE,
        "rule_title": "A powerful role was granted",
        "kind": "event",
        "severity": "high",
        "title": "Owner granted to build-agent",
        "outcome": "success",
        "techniques": ["T1098.003"],
        "tactics": ["privilege-escalation"],
        "facts": {"role": "Owner"},
        "connector": "lab",
        "first_time": now - ago,
        "last_time": now - ago,
        "events": 1,
        "status": "new",
        "created_at": now,
        "updated_at": now,
    } | changes
    rows = [{"alert_id": alert_id, "kind": k, "value": name.lower(), "shown": name} for k, name in entities]
    attached = [
        {"alert_id": alert_id, "event_id": event_id, "event_time": at, "rule_id": rule}
        for event_id, (at, rule) in events.items()
    ]
    async with service.engine.begin() as connection:
        await connection.execute(insert(alerts).values(values))
        if rows:
            await connection.execute(insert(alert_entities), rows)
        if attached:
            await connection.execute(insert(alert_events), attached)
    return alert_id
