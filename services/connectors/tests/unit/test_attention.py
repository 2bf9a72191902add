"""What needs attention is told first, most urgent first, and nothing when everything is covered."""

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.standings import NOW, READ, ago, connector, standing, watched

from app.collection.coverage import Gap
from app.connectors.base import Window
from app.console.attention import Around, attention
from app.events.event import Severity

QUIET = Around(collecting=True, alarms={}, quarantined=0)
WRONG = {"code": "wrong_secret", "message": "The secret is wrong.", "remedy": "Make a new one."}


def told(*each, around=QUIET):
    return attention(each, around, NOW)


def test_nothing_needs_attention_where_everything_is_covered():
    assert told(watched()) == []


def test_a_failing_connector_is_told_with_reason_remedy_and_its_page():
    [found] = told(watched(told=standing("failing", error=WRONG, since=ago(minutes=30))))
    assert (found.level, found.remedy) == ("error", "Make a new one.")
    assert found.message == "prod has been failing since 11:30: The secret is wrong."
    assert found.path == f"/connectors/{watched().row.id}"


def test_a_connector_that_is_behind_is_told_with_how_far():
    [found] = told(watched(told=standing("behind", behind=timedelta(hours=2), covered_until=ago(hours=2))))
    assert found.message == "prod is 2 hours behind: nothing later than 10:00 was read."


def test_nobody_collecting_is_told_once_and_not_again_as_every_connector_behind():
    behind = watched(told=standing("behind", behind=timedelta(hours=2), covered_until=ago(hours=2)))
    [found] = told(behind, behind, around=replace(QUIET, collecting=False))
    assert found.message.startswith("Nobody collects")


def test_paused_connectors_need_nothing_not_even_a_worker():
    paused = watched(connector(enabled=False, client_secret_expires_on=None), standing("paused"))
    assert told(paused, around=replace(QUIET, collecting=False)) == []


@pytest.mark.parametrize(
    ("date", "level", "said"),
    [
        ("2026-04-28", "error", "The secret of prod expired 3 days ago."),
        ("2026-05-01", "warning", "The secret of prod expires today."),
        ("2026-05-02", "warning", "The secret of prod expires in 1 day, on 02 May 2026."),
        ("2026-05-31", "warning", "The secret of prod expires in 30 days, on 31 May 2026."),
    ],
)
def test_a_secret_that_expires_is_told_a_month_before(date, level, said):
    [found] = told(watched(connector(client_secret_expires_on=date)))
    assert (found.level, found.message) == (level, said)


def test_a_secret_that_lasts_longer_is_not_told():
    assert told(watched(connector(client_secret_expires_on="2026-06-01"))) == []


def test_secrets_whose_end_nobody_told_are_named_in_one_finding():
    rows = [connector(name, client_secret_expires_on=None) for name in ("a", "b", "c", "d", "e")]
    [found] = told(*map(watched, rows))
    assert "a, b, c and 2 more" in found.message
    assert found.path == "/connectors"


def test_a_gap_of_an_outage_is_told_for_a_week_after_it_was_found():
    def with_gap(reason, until):
        gap = Gap(Window(until - timedelta(days=3), until), reason)
        return watched(told=standing(coverage=replace(READ, gaps=(gap,))))

    [found] = told(with_gap("outage_longer_than_retention", ago(days=90)))
    assert found.message == "prod can never read 28 Jan 12:00 to 31 Jan 12:00: the source no longer keeps it."
    assert told(with_gap("outage_longer_than_retention", ago(days=98))) == []
    assert told(with_gap("older_than_retention", ago(days=90))) == []


def test_time_that_stays_unsettled_for_long_is_told():
    def unsettled(**age):
        return watched(told=standing(coverage=replace(READ, unsettled=(Window(ago(**age), NOW),))))

    assert told(unsettled(minutes=50)) == []
    [found] = told(unsettled(hours=3))
    assert "has read nothing again since 09:00" in found.message


def test_events_that_alarm_are_counted_with_a_link_to_them():
    [found] = told(watched(), around=replace(QUIET, alarms={Severity.HIGH: 12, Severity.CRITICAL: 1, Severity.LOW: 9}))
    assert found.message == "1 critical and 12 high events in the last 24 hours."
    assert found.path == "/events?q=severity%3E%3Dhigh%20since%3A24h"


def test_quarantined_records_are_counted():
    [found] = told(watched(), around=replace(QUIET, quarantined=1))
    assert found.message == "1 record could not be understood and is kept with its bytes in quarantine."


def test_errors_come_before_warnings():
    expired = watched(connector(client_secret_expires_on="2026-04-01"))
    found = told(expired, around=replace(QUIET, alarms={Severity.HIGH: 1}, quarantined=2))
    assert [each.level for each in found] == ["error", "warning", "warning"]
