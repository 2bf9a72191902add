"""Clicks on the events page as changes of the search."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.console.events.editing import (
    around,
    chosen_severities,
    corrected,
    events_address,
    quick_range,
    with_severity_switched,
    with_since,
    without_severities,
)
from app.events.event import Severity
from app.search.language import parse
from app.search.mistakes import InvalidSearch

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_a_quick_range_takes_the_place_of_all_that_was_said_about_time():
    text = with_since("actor:alice since:2026-01-01 until:2026-02-01", "24h")
    assert text == "actor:alice since:24h"
    assert quick_range(text) == "24h"
    assert with_since(text, "") == "actor:alice"
    assert quick_range("actor:alice") == ""


@pytest.mark.parametrize("text", ["since:3h", "since:24h until:1h", "since:24h since:7d", "until:24h", "colour:red"])
def test_what_is_no_quick_range_is_shown_as_none(text):
    assert quick_range(text) is None


def test_a_severity_is_switched_off_and_on_again():
    without_info = with_severity_switched("actor:alice", Severity.INFO)
    assert without_info == "actor:alice severity:low,medium,high,critical"
    assert with_severity_switched(without_info, Severity.INFO) == "actor:alice"


def test_a_comparison_becomes_the_severities_that_it_means():
    assert with_severity_switched("severity>=high x", Severity.HIGH) == "x severity:critical"


def test_the_last_severity_switched_off_asks_for_all_rather_than_for_nothing():
    assert with_severity_switched("severity:high", Severity.HIGH) == ""


def test_severities_are_those_of_the_search_as_a_whole():
    search = parse("severity>=medium -severity:critical (severity:low OR actor:alice)", NOW)
    assert chosen_severities(search) == {Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL}
    assert str(without_severities(search)) == "-severity:critical (severity:low OR actor:alice)"


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("x severty>=medium y", "x severity>=medium y"),
        ("severity:hihg", "severity:high"),
        ("a outcome:failed", "a outcome:failure"),
    ],
)
def test_a_mistake_is_mended_in_its_place(typed, mended):
    with pytest.raises(InvalidSearch) as refused:
        parse(typed, NOW)
    assert corrected(typed, refused.value) == mended
    assert f"Did you mean {refused.value.suggestion}?" in refused.value.remedy
    parse(mended, NOW)


def test_nothing_is_suggested_for_what_is_like_nothing():
    with pytest.raises(InvalidSearch) as refused:
        parse("qqqq:x", NOW)
    assert refused.value.suggestion == ""
    assert refused.value.remedy.startswith("Fields: severity, ")


def test_an_address_holds_what_was_asked_for_and_nothing_else():
    event = UUID(int=7)
    assert events_address() == "/events"
    assert events_address('a&b="c"', oldest_first=True, event=event) == (
        f"/events?q=a%26b%3D%22c%22&order=oldest&event={event}"
    )


def test_the_time_around_a_moment_holds_it():
    moment = NOW.replace(microsecond=999_999)
    since, until = around(moment, timedelta(hours=1))
    assert (since, until) == (NOW - timedelta(hours=1), NOW + timedelta(hours=1, seconds=1))
