"""The pack on traffic: it tells the simulated attack step by step, and stays quiet about a working day."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from app.detection.findings import findings_of
from app.detection.judging import judge
from app.detection.reading import read_rules
from app.detection.rules import Correlation, EventRule
from app.events.event import Severity
from simulator.events import EventFactory
from simulator.routine import history
from simulator.scenario import attack_story

PACK = Path(__file__).parents[4] / "detections"
TENANT = "5e8a2f70-31c4-4d19-9e6b-7a04d8c3b912"
SUBSCRIPTION = "9b1f4c52-6d0e-4a7b-8f35-c2d1e07a6b41"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

TOLD = {
    "role_full_control_wide": 2,  # refused, and then granted
    "role_refused_then_granted": 1,
    "first_role_assignment": 1,
    "diagnostic_setting_deleted": 1,
    "nsg_management_open": 1,
    "vm_run_command": 1,
    "first_run_command": 1,
    "nsg_rule_deleted": 1,
    "nsg_deleted": 1,
    "key_vault_deleted": 1,
    "logging_off_then_destruction": 1,
}


@pytest.fixture
def findings(connector):
    """Return what the alerting rules of the pack find in events: how many, by the rule's name, and the severities."""
    pack = read_rules([PACK], {})

    @cache
    def candidates(operation: str, category: str) -> list[EventRule]:
        return [rule for rule in pack.rules.values() if rule.may_match(operation, category)]

    def count(events: Iterable[Any]) -> tuple[dict[str, int], set[Severity]]:
        raws = map(msgspec.json.encode, events)
        records = [(event, raw) for raw in raws if (event := connector.normalize(raw)) is not None]
        matches = judge(lambda event: candidates(event.event_type, event.activity_category or ""), records)
        matches.sort(key=lambda match: (match.record.event.event_time, match.record.event.id))
        told: dict[str, int] = {}
        severities = set()
        for rule in [*pack.rules.values(), *pack.correlations.values()]:
            parts = set(rule.rules) if isinstance(rule, Correlation) else {rule.id}
            found = findings_of(rule)
            found.add([match for match in matches if match.rule.id in parts])
            found.close()
            if found.count and rule.alerts:
                told[rule.path.stem] = found.count
                severities.add(rule.severity)
        return told, severities

    return count


def test_the_simulated_attack_is_told_step_by_step(findings):
    story = attack_story(EventFactory(Random(1), TENANT, SUBSCRIPTION), NOON)
    told, _ = findings(event for step in story for event in step.events)
    assert told == TOLD


def test_a_working_day_raises_no_alert_of_weight_and_few_others(findings):
    day = list(history(Random(2), SUBSCRIPTION, TENANT, NOON - timedelta(days=1), NOON, operations=1500))
    told, severities = findings(day)
    assert severities <= {Severity.LOW, Severity.MEDIUM}
    assert sum(told.values()) < len(day) / 200
