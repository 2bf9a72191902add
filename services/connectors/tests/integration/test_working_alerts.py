"""Use-cases of alerts by themselves: the console calls them without the API's doors."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from filed_alerts import RULE, file_alert, with_rule
from support import query

from app.detection.alerts import MOST_AT_ONCE, AlertChange, add_note, change_alerts, list_assignees
from app.detection.hunts import request_hunt, stop_hunt
from app.detection.suppressing import Wish, suppress, unsuppress
from app.detection.switching import switch_rule
from app.detection.trying import LONGEST_TEXT, check_rules
from app.errors import Denied, InvalidInput
from app.security.roles import Actor, Role

CHANGES = {
    "change": lambda service: change_alerts(service, [uuid4()], AlertChange(status="new")),
    "note": lambda service: add_note(service, uuid4(), "text"),
    "assignees": list_assignees,
    "suppress": lambda service: suppress(service, a_wish(service)),
    "unsuppress": lambda service: unsuppress(service, uuid4()),
    "switch": lambda service: switch_rule(service, RULE, on=False),
    "check": lambda service: check_rules(service, ""),
    "hunt": lambda service: request_hunt(service, RULE, service.clock.now() - timedelta(days=1)),
    "stop": lambda service: stop_hunt(service, uuid4()),
}


@pytest.fixture
def settings(settings, tmp_path):
    return with_rule(settings, tmp_path)


def a_wish(service):
    return Wish(rule_id=RULE, until=service.clock.now() + timedelta(hours=1), reason="Planned")


@pytest.mark.parametrize("name", CHANGES)
async def test_a_viewer_changes_nothing(service, name):
    viewer = service.acting_as(Actor("vera", Role.VIEWER, "console"))
    with pytest.raises(Denied) as denied:
        await CHANGES[name](viewer)
    assert denied.value.code == "role_needed"
    assert await query(service, "SELECT 1 FROM audit_log") == []


async def test_no_more_than_so_many_alerts_are_changed_at_once(service):
    with pytest.raises(InvalidInput) as refused:
        await change_alerts(service, [uuid4() for _ in range(MOST_AT_ONCE + 1)], AlertChange(status="new"))
    assert refused.value.code == "too_many_alerts"


async def test_an_alert_that_is_named_twice_is_changed_once(service):
    alert_id = await file_alert(service)
    assert len(await change_alerts(service, [alert_id, alert_id], AlertChange(status="in_progress"))) == 1
    assert len(await query(service, "SELECT 1 FROM alert_changes")) == 1


async def test_a_text_that_is_too_long_is_not_read(service):
    with pytest.raises(InvalidInput) as refused:
        await check_rules(service, "x" * (LONGEST_TEXT + 1))
    assert refused.value.code == "rule_too_long"


async def test_who_changed_an_alert_and_from_where_is_noted(service):
    alert_id = await file_alert(service)
    anna = Actor("anna", Role.ANALYST, "console", ip="192.0.2.7")
    await change_alerts(service.acting_as(anna), [alert_id], AlertChange(status="in_progress"))
    (entry,) = await query(service, "SELECT * FROM audit_log")
    assert (entry["actor"], entry["via"], entry["ip"], entry["target"]) == (
        "anna",
        "console",
        "192.0.2.7",
        str(alert_id),
    )
    (change,) = await query(service, "SELECT * FROM alert_changes")
    assert (change["actor"], change["at"]) == ("anna", service.clock.now())


async def test_a_change_and_its_traces_come_together_or_not_at_all(service):
    alert_id = await file_alert(service)
    broken = service.acting_as(replace(service.actor, name="nul\0"))
    with pytest.raises(Exception, match="NUL"):
        await change_alerts(broken, [alert_id], AlertChange(status="in_progress"))
    (row,) = await query(service, "SELECT status FROM alerts")
    assert row["status"] == "new"
    assert await query(service, "SELECT 1 FROM alert_changes") == []
