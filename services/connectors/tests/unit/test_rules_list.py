"""The list of rules and the matrix: which rules are wanted, what they say, how the address holds it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from app.console.rules.figures import Listed
from app.console.rules.hits import days_in_words, histogram_of
from app.console.rules.listing import bars, origin, rule_line
from app.console.rules.matrix import cell_words, columns_of, matrix_words
from app.console.rules.sifting import Wanted, sift, wanted_from
from app.console.rules.words import condition_words, hunt_share, hunt_title, hunt_words, safe_link, span_words
from app.detection.rules import Correlation, EventRule, FirstSeen
from app.events.event import Severity
from app.storage.hunts import HuntRow
from app.storage.rule_hits import DAYS

NOW = datetime(2026, 5, 20, 10, 30, tzinfo=UTC)


def rule(rule_id="one", **changes):
    facts = {
        "id": rule_id,
        "title": "Disk deleted",
        "severity": Severity.HIGH,
        "path": Path("/pack/impact/disk.yml"),
        "techniques": ("T1485",),
        "tactics": ("impact",),
        "matches": lambda _record: False,
        "may_match": lambda _operation, _category: False,
    }
    return EventRule(**(facts | changes))


def many(**changes):
    facts = {
        "id": "many",
        "title": "Many disks deleted",
        "severity": Severity.CRITICAL,
        "path": Path("/pack/many.yml"),
        "type": "event_count",
        "rules": ("one",),
        "group_by": ("aisoc.actor",),
        "timespan": timedelta(hours=1),
        "at_least": 5,
    }
    return Correlation(**(facts | changes))


def listed(each, *, on=True, days=(), waiting=0):
    return Listed(each, on, waiting, (*(0,) * (DAYS - len(days)), *days))


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(), ["one", "key", "many"]),
        (Wanted(q="DISK deleted"), ["one", "many"]),
        (Wanted(q="t1552"), ["key"]),
        (Wanted(q="unsecured"), ["key"]),
        (Wanted(q="keys.yml"), ["key"]),
        (Wanted(severity="critical"), ["many"]),
        (Wanted(kind="correlation"), ["many"]),
        (Wanted(state="off"), ["key"]),
        (Wanted(state="on"), ["one", "many"]),
        (Wanted(state="hits"), ["one"]),
        (Wanted(tactic="impact"), ["one"]),
        (Wanted(technique="T1552"), ["key"]),
        (Wanted(technique="T1552", tactic="impact"), []),
        (Wanted(q="disk", state="off"), []),
    ],
)
def test_the_list_is_narrowed_by_all_that_is_asked_for(wanted, ids):
    key = rule("key", title="Keys listed", techniques=("T1552.001",), tactics=(), path=Path("/own/keys.yml"))
    rules = [listed(rule(), days=(2,)), listed(key, on=False), listed(many())]
    assert [each.rule.id for each in sift(rules, wanted)] == ids


def test_an_address_says_what_is_wanted_and_is_read_back():
    wanted = Wanted("a b", "high", "event", "off", "impact", "T1485")
    assert wanted.address == "/rules?q=a+b&severity=high&kind=event&state=off&tactic=impact&technique=T1485"
    assert wanted_from({"q": "a b", "severity": "high", "tactic": "impact", "technique": "t1485"}) == Wanted(
        "a b", "high", "", "", "impact", "T1485"
    )
    assert Wanted().changed(q=None).address == "/rules"


@pytest.mark.parametrize(
    "asked",
    [
        {"severity": "worst"},
        {"kind": "<script>"},
        {"state": "maybe"},
        {"tactic": "magic"},
        {"technique": "T1<b>"},
        {"technique": "javascript:alert(1)"},
    ],
)
def test_an_address_that_asks_for_nothing_there_is_asks_for_nothing(asked):
    assert wanted_from(asked) == Wanted()


def test_a_row_says_what_a_rule_found_and_one_that_only_serves_others_says_so():
    found = rule_line(listed(rule(), days=(1, 0, 4), waiting=2), [], switchable=True)
    assert (found["shown"], found["unit"]) == ("5", "alerts")
    assert found["hits_words"] == "5 alerts in 30 days, 2 of them open."
    serving = rule_line(listed(rule(alerts=False)), [], switchable=True)
    assert (serving["shown"], serving["unit"], serving["bars"]) == ("", "counted by others", [])


def test_bars_are_as_high_as_the_most_and_a_little_is_seen():
    assert bars([0, 1, 100]) == [0, 3, 22]
    assert bars([0, 0]) == [0, 0]


def test_rules_of_the_operators_own_folders_are_told_by_their_file():
    assert origin(Path("/srv/rules/a/b.yml"), [Path("/srv/rules")]) == "b.yml"
    assert origin(Path("/pack/a.yml"), [Path("/srv/rules")]) == "AiSOC"


def test_a_cell_says_rules_alerts_and_what_is_off():
    rules = [
        listed(rule(), days=(3,)),
        listed(rule("two"), on=False),
        listed(rule("bare", techniques=("T1490",)), on=False),
    ]
    cells = {
        shown.cell.technique: shown
        for column in columns_of(rules)
        if column.tactic == "impact"
        for shown in column.cells
    }
    assert cell_words(cells["T1485"]) == "Data Destruction, T1485: 1 rule, 1 off, 3 alerts in 30 days"
    assert cell_words(cells["T1490"]) == "Inhibit System Recovery, T1490: 0 rules, 1 off"
    assert cell_words(cells["T1489"]) == "Service Stop, T1489: no rule"
    assert (cells["T1485"].depth, cells["T1490"].depth) == (1, 0)
    assert matrix_words(columns_of(rules)).startswith("Rules watch for 1 of ")


def test_the_chart_has_a_bar_for_each_of_thirty_days_the_last_of_them_today():
    each = listed(rule(), days=(2, 0, 1))
    drawn = histogram_of(each, NOW)
    assert len(drawn.bars) == DAYS
    assert drawn.bars[-1].at == NOW.replace(hour=0, minute=0)
    assert [bar.total for bar in drawn.bars[-3:]] == [2, 0, 1]
    assert days_in_words(each) == "3 alerts in the last 30 days, on 2 days; 0 open."
    assert days_in_words(listed(rule())) == "No alerts in the last 30 days."


@pytest.mark.parametrize(
    ("each", "said"),
    [
        (rule(), ""),
        (many(), "5 or more operations within 1 hour with the same actor that match Disk deleted."),
        (
            many(type="value_count", field="aisoc.src_ip", group_by=("aisoc.actor", "aisoc.subscription_id")),
            (
                "5 or more different values of address within 1 hour with the same actor and subscription, "
                "in matches of Disk deleted."
            ),
        ),
        (
            many(type="temporal_ordered", rules=("one", "two"), timespan=timedelta(minutes=90)),
            "Matches of Disk deleted → two, in this order, within 90 minutes with the same actor.",
        ),
        (
            many(type="temporal", rules=("one", "two"), group_by=(), timespan=timedelta(days=2)),
            "Matches of Disk deleted and two, in any order, within 2 days.",
        ),
        (
            rule(
                first_seen=FirstSeen(group_by=("aisoc.actor",), timespan=timedelta(days=30), field="aisoc.src_country")
            ),
            "It counts only where the country was not seen with its actor in the 30 days before.",
        ),
        (
            rule(first_seen=FirstSeen(group_by=("aisoc.actor",), timespan=timedelta(days=30))),
            "It counts only where the actor was not seen in the 30 days before.",
        ),
        (
            rule(first_seen=FirstSeen(group_by=("aisoc.actor", "aisoc.resource_id"), timespan=timedelta(days=30))),
            "It counts only where the actor and resource were not seen together in the 30 days before.",
        ),
    ],
)
def test_what_has_to_come_together_is_said_in_words(each, said):
    assert condition_words(each, {"one": "Disk deleted"}) == said


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=90), "90 seconds"),
    ],
)
def test_a_timespan_is_said_in_its_greatest_whole_unit(span, said):
    assert span_words(span) == said


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("https://example.com/a", "https://example.com/a"),
        (" http://example.com ", "http://example.com"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https:", None),
        ("MS-123", None),
    ],
)
def test_only_what_a_browser_may_open_is_a_link(reference, address):
    assert safe_link(reference) == address


def hunt(state="running", alerts=False, **progress):
    return HuntRow(uuid4(), "one", NOW - timedelta(days=7), NOW, alerts, state, "anna", NOW, progress=progress or None)


@pytest.mark.parametrize(
    ("row", "said", "share"),
    [
        (hunt("waiting"), "It begins within seconds.", None),
        (hunt(), "It begins.", None),
        (
            hunt(events_total=200, events_judged=50, matches=1),
            "50 of 200 events judged. 1 match found so far.",
            0.25,
        ),
        (hunt("done", events_total=2000, matches=3), "3 matches found in 2,000 events that could match.", 1.0),
        (
            hunt("done", alerts=True, events_total=1, matches=1, alerts_added=1),
            "1 match found in 1 event that could match. 1 new alert.",
            1.0,
        ),
        (hunt("done", events_total=0), "Nothing found in 0 events that could match.", 1.0),
        (hunt("stopped", events_total=9, events_judged=3), "Stopped after 3 events. Nothing found until then.", 1 / 3),
        (hunt("failed", events_total=9, events_judged=3), "It ended after 3 events.", 1 / 3),
    ],
)
def test_a_hunt_says_how_far_it_is_and_what_it_found(row, said, share):
    assert hunt_words(row) == said
    assert hunt_share(row) == share


def test_a_hunt_is_told_by_its_time_and_who_asked_for_it():
    assert hunt_title(hunt(), NOW) == "7 d up to 10:30, asked for by anna"
