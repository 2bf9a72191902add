"""After a story the alerts are those of its events, as if these had come once, one by one, in the order of time."""

from collections.abc import Iterable
from pathlib import Path

from detections import alerts_of, told
from sqlalchemy import text

from app.detection.engine import detect
from app.detection.operations import Held, in_order
from app.service import Service
from app.storage.siblings import read_records

_RULES = """
title: Tags merged
id: 0c3a5a52-6d5e-4b7c-9a57-2f5a7b8f0a01
status: experimental
level: low
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Resources/tags/write
    aisoc.request.operation: Merge
  condition: selection
---
title: Machine started
id: 0c3a5a52-6d5e-4b7c-9a57-2f5a7b8f0a02
status: experimental
level: medium
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Compute/virtualMachines/start/action
    aisoc.outcome: in_progress
  condition: selection
---
title: Keys listed
id: 0c3a5a52-6d5e-4b7c-9a57-2f5a7b8f0a03
status: experimental
level: low
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Storage/storageAccounts/listKeys/action
  condition: selection
---
title: Keys listed twice
id: 0c3a5a52-6d5e-4b7c-9a57-2f5a7b8f0a04
status: experimental
level: high
correlation:
  type: event_count
  rules: [0c3a5a52-6d5e-4b7c-9a57-2f5a7b8f0a03]
  group-by: [aisoc.actor]
  timespan: 2h
  condition: {gte: 2}
---
title: Deployment by somebody new
id: 0c3a5a52-6d5e-4b7c-9a57-2f5a7b8f0a05
status: experimental
level: low
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Web/sites/write
  condition: selection
aisoc:
  first_seen: {group-by: [aisoc.actor], timespan: 1h}
"""
_FORGET = "TRUNCATE alerts, sightings, spans CASCADE"


def write_rules(home: Path) -> Path:
    """Write a few rules of each kind, about what happens in stories; return their folder."""
    folder = home / "rules"
    folder.mkdir(exist_ok=True)
    (folder / "story.yml").write_text(_RULES)
    return folder


async def judge_alerts(service: Service) -> Iterable[str]:
    """Judge the alerts of a story that is over."""
    live = told(await alerts_of(service))
    rules = await service.rules.current(service.engine)
    if rules.problems or len(rules.rules) < 4:
        return [f"the rules of the stories are broken: {rules.problems}"]
    async with service.engine.begin() as connection:
        await connection.execute(text(_FORGET))
        ids = set((await connection.execute(text("SELECT id FROM events"))).scalars())
        for held in in_order(await read_records(connection, ids)):
            await _judge(service, connection, rules, held)
    replayed = told(await alerts_of(service))
    return [
        *(f"no alert of: {alert}" for alert in set(replayed) - set(live)),
        *(f"an alert too many: {alert}" for alert in set(live) - set(replayed)),
    ]


async def _judge(service, connection, rules, held: Held) -> None:
    await detect(connection, rules, [(held.event, held.raw)], held.connector, service.clock.now())
