"""The alerts' pages without a browser: what an address asks for, and what is said in words."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest

from app.console.alerts.asked import Asked, asked_from
from app.console.alerts.history import change_words
from app.console.alerts.words import entities_in_short, fact_lines, last_name, rule_word, standing
from app.events.event import Severity
from app.storage.alert_filter import NOBODY, OPEN
from app.storage.alert_queries import AlertChangeRow, AlertRow
from app.storage.alerts import Entity

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def an_alert(**changes):
    """Return an alert as it is stored."""
    told = {"rule_id": "r", "rule_title": "A role was granted", "kind": "event", "severity": Severity.HIGH}
    told |= {"title": "Owner granted", "outcome": "success", "techniques": (), "tactics": (), "facts": {}}
    told |= {"connector": "lab", "subscription_id": None, "first_time": NOW, "last_time": NOW, "events": 1}
    told |= {"status": "new", "verdict": None, "assignee": None, "superseded_by": None, "suppressed_by": None}
    return AlertRow(**{"id": uuid4(), **told, "created_at": NOW, "updated_at": NOW, **changes})


def query_of(address):
    return dict(parse_qsl(urlsplit(address).query))


@pytest.mark.parametrize(
    "asked",
    [
        Asked(),
        Asked(state="closed", severity="high,critical", owner=NOBODY, order="newest"),
        Asked(q="a & b = c", entity="/subscriptions/s/vaults/v", entity_kind="resource", held="yes"),
        Asked(event=str(uuid4()), suppression=str(uuid4()), technique="T1098.003", rule="severity:vaults/delete"),
    ],
)
def test_an_address_says_what_was_asked_for(asked):
    assert asked_from(query_of(asked.address)) == asked


def test_the_queue_as_it_opens_has_the_plain_address_and_the_open_alerts():
    assert Asked().address == "/alerts"
    assert Asked().filter.statuses == OPEN
    assert not Asked().narrowed


def test_an_alert_beside_the_queue_is_in_the_address():
    assert query_of(Asked(q="owner").beside("1")) == {"q": "owner", "alert": "1"}


def test_what_an_address_cannot_mean_is_left_out():
    told = {"state": "lost", "order": "up", "severity": "high,huge", "event": "1", "entity_kind": "pet", "q": "a\0b"}
    assert asked_from(told) == Asked(severity="high", q="ab")


def test_a_severity_is_switched_on_and_off_and_all_are_the_same_as_none():
    only = Asked().switched(Severity.HIGH)
    assert only.severities == (Severity.HIGH,)
    assert only.switched(Severity.LOW).severities == (Severity.LOW, Severity.HIGH)
    assert only.switched(Severity.HIGH) == Asked()
    four = Asked(severity="info,low,medium,high")
    assert four.switched(Severity.CRITICAL) == Asked()


def test_facts_are_told_in_words_and_in_an_order():
    facts = {"zone": 3, "open_sources": ["*"], "open_ports": ["22", "*"], "scope_level": "subscription", "empty": []}
    assert fact_lines(facts) == [
        ("Holds for", "the whole subscription"),
        ("Ports opened", "22, all"),
        ("Opened to", "any address"),
        ("Zone", "3"),
    ]
    assert fact_lines({"group": {"aisoc.actor": "megan"}}) == [("Together by", "actor megan")]
    assert len(fact_lines({"script": "x" * 10_000})[0][1]) < 500


def test_entities_of_a_kind_are_told_in_few_words():
    about = an_alert(
        entities=(Entity("resource", "/s/x/vaults/one"), Entity("resource", "/s/two"), Entity("ip", "::1"))
    )
    assert entities_in_short(about, "resource") == "one and 1 more"
    assert entities_in_short(about, "ip") == "::1"
    assert entities_in_short(about, "actor") == ""
    assert last_name("/") == "/"


def test_an_alert_of_the_severity_table_says_so():
    assert rule_word(an_alert(kind="severity", rule_title="vaults/delete")) == "Severity table"
    assert rule_word(an_alert()) == "A role was granted"


def test_how_an_alert_stands_is_told_with_its_verdict():
    assert standing("in_progress", None) == "In progress"
    assert standing("closed", "false_positive") == "Closed: false positive"


@pytest.mark.parametrize(
    ("action", "facts", "said"),
    [
        ("created", {"outcome": "success"}, "made the alert"),
        ("note", {"text": "x"}, "wrote a note"),
        ("outcome", {"from": "in_progress", "to": "failure"}, "saw how it ended: failed"),
        ("change", {"status": ["new", "in_progress"], "assignee": [None, "anna"]}, None),
        ("change", {"status": ["new", "closed"], "verdict": [None, "benign"]}, "closed it as benign"),
        ("change", {"verdict": ["benign", "true_positive"]}, "changed the verdict to true positive"),
        ("change", {"status": ["closed", "new"], "verdict": ["benign", None]}, "opened it again"),
        ("change", {"assignee": ["anna", None]}, "unassigned it"),
        ("suppressed", {"by": "1"}, "held it back: it is suppressed"),
        ("some_new_action", {}, "some new action"),
    ],
)
def test_what_was_done_is_told_in_a_sentence(action, facts, said):
    told = change_words(AlertChangeRow(NOW, "anna", action, facts))
    assert told == (said or "began to work on it, assigned it to anna")
