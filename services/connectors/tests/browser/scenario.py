"""What the tests' subscription has seen: a working day, and an attack that is told in steps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from browser.serving import Console
from conftest import Lab
from support import wait_until

from app.collection.manage import switch_connector
from app.detection.alerts import AlertChange, add_note, change_alerts, list_alerts
from app.detection.hunts import request_hunt
from app.detection.rule_views import list_rules
from app.detection.suppressing import Wish, suppress
from app.service import Service
from app.storage.quarantine import Unreadable, quarantine_records
from simulator.scenario import attack_story, history

_SEED = 7
_OPERATIONS = 250


@dataclass(frozen=True)
class Furnished:
    """What furnish made, by which pages of it are found. event: one of high severity; alert: the most severe one.

    rule: the one with most alerts, which somebody hunts with.
    """

    connector: str
    failing: str
    paused: str
    event: str
    alert: str
    rule: str


def furnish(console: Console) -> Furnished:
    """Give a console a connector that reads a day of events, one that is refused, and one that is paused."""
    paused = console.add_connector("archive")

    async def pause(service: Service) -> None:
        await switch_connector(service, paused, enabled=False)

    console.do(pause)
    connector = console.collect(_day(console.lab))
    failing = console.add_connector("staging", client_secret="not-the-secret")
    wait_until(lambda: console.rows("SELECT 1 FROM polls WHERE error IS NOT NULL AND finished_at IS NOT NULL"))
    event = console.rows("SELECT id FROM events WHERE severity = 'high' ORDER BY event_time DESC LIMIT 1")[0][0]
    alert = console.do(_work)
    rule = console.do(_rule)
    return Furnished(str(connector.id), str(failing.id), str(paused.id), str(event), str(alert), rule)


async def _work(service: Service) -> UUID:
    """Work the alerts that the attack made: one is somebody's, one closed, some are held back. Returns the first."""
    first, second, *_, last = (await list_alerts(service, order="severity")).alerts
    await add_note(service, first.id, "Asked them by phone: they know nothing of it.")
    await change_alerts(service, [second.id], AlertChange(status="in_progress", assignee="anna"))
    await change_alerts(service, [last.id], AlertChange(status="closed", verdict="benign"))
    until = service.clock.now() + timedelta(days=7)
    await suppress(service, Wish(until=until, reason="A migration that was agreed on", rule_id=last.rule_id))
    return first.id


async def _rule(service: Service) -> str:
    """Hunt with the rule that has most alerts; and put records into quarantine."""
    records = [Unreadable(raw, "azure_activity", "not_an_object", "It is no object.") for raw in (b"12", b'"\xff<b>"')]
    async with service.engine.begin() as connection:
        await quarantine_records(connection, "production", records)
    rule = max((await list_rules(service)).rules, key=lambda view: view.hits).rule
    await request_hunt(service, rule.id, service.clock.now() - timedelta(days=1))
    return rule.id


def routine(lab: Lab, begin: datetime, end: datetime) -> list[Any]:
    """Return the everyday work of a time, without reads, which the collection drops."""
    events = history(Random(_SEED), lab.subscription, lab.tenant, begin, end, operations=_OPERATIONS)
    return [event for event in events if not _is_read(event)]


def _day(lab: Lab) -> list[Any]:
    now = lab.clock.now()
    attack = attack_story(lab.make, now - timedelta(minutes=45), timedelta(minutes=3))
    day = routine(lab, now - timedelta(hours=23), now - timedelta(minutes=40))
    return day + [event for step in attack for event in step.events]


def _is_read(event: Any) -> bool:
    return str(event["operationName"]["value"]).lower().endswith("/read")
