"""What is typed: times and severities."""

from datetime import UTC, datetime, timedelta

import pytest

from app.errors import InvalidInput
from app.search.typed import parse_severities, parse_time

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        ("24h", NOW - timedelta(hours=24)),
        (" 7d ", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(weeks=2)),
        ("0s", NOW),
        ("2026-04-01", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-01T10:00", datetime(2026, 4, 1, 10, tzinfo=UTC)),
        ("2026-04-01T10:00:00Z", datetime(2026, 4, 1, 10, tzinfo=UTC)),
        ("2026-04-01T10:00:00+02:00", datetime(2026, 4, 1, 8, tzinfo=UTC)),
        ("2026-04-01 10:00:00.1234567Z", datetime(2026, 4, 1, 10, 0, 0, 123456, UTC)),
    ],
)
def test_a_time_is_a_date_a_moment_or_an_age(typed, expected):
    found = parse_time(typed, NOW)
    assert found == expected
    assert found is not None
    assert found.utcoffset() == timedelta()


def test_no_time_is_none():
    assert parse_time(None, NOW) is None


@pytest.mark.parametrize(
    "typed", ["", "today", "24", "h", "-1h", "1y", "24H", "999999w", "2026-13-01", "0001-01-01T00:00:00+09:00"]
)
def test_what_is_no_time_is_refused_with_what_to_write(typed):
    with pytest.raises(InvalidInput) as caught:
        parse_time(typed, NOW)
    assert caught.value.code == "invalid_time"
    assert repr(typed) in caught.value.message
    assert "24h" in caught.value.remedy


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ([], ""),
        (["high"], "high"),
        (["High"], "high"),
        (["high", "info", "high"], "info high"),
        (["medium+"], "medium high critical"),
        (["MEDIUM+", "info"], "info medium high critical"),
        (["info+"], "info low medium high critical"),
        (["critical+"], "critical"),
    ],
)
def test_severities_are_chosen_by_name_and_a_plus_means_and_above(typed, expected):
    assert [severity.value for severity in parse_severities(typed)] == expected.split()


@pytest.mark.parametrize("typed", ["", "+", "severe", "medium++", "+medium", "3"])
def test_what_is_no_severity_is_refused_with_those_there_are(typed):
    with pytest.raises(InvalidInput) as caught:
        parse_severities(["info", typed])
    assert caught.value.code == "invalid_severity"
    assert repr(typed) in caught.value.message
    assert "critical" in caught.value.remedy
