"""The ledger's arithmetic: what a read settles, and how long windows are cut."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.collection.coverage import Coverage, settled_part, slices
from app.connectors.base import Window

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SPANS = st.timedeltas(timedelta(), timedelta(days=120))


def ago(**parts):
    return NOW - timedelta(**parts)


@given(SPANS, st.timedeltas(timedelta(hours=1), timedelta(days=10)))
def test_slices_cover_a_window_without_a_hole_and_none_is_too_large(width, largest):
    parts = slices(Window(NOW - width, NOW), largest)
    assert (parts[0].since, parts[-1].until) == (NOW - width, NOW)
    assert all(before.until == after.since for before, after in pairwise(parts))
    assert all(part.until - part.since <= 1.1001 * largest for part in parts)
    assert len(parts) <= width / largest + 1


def test_a_day_and_some_seconds_are_one_slice():
    assert len(slices(Window(NOW - DAY - timedelta(seconds=10), NOW), DAY)) == 1
    assert len(slices(Window(NOW - 10 * DAY - timedelta(seconds=10), NOW), DAY)) == 10


@given(SPANS, SPANS, SPANS)
def test_a_read_settles_what_is_older_than_the_longest_lag_and_nothing_else(width, later, lag):
    window = Window(NOW - width, NOW)
    settled = settled_part(window, NOW + later, lag)
    if settled is None:
        assert NOW + later - lag <= window.since or not width
    else:
        assert settled.since == window.since
        assert settled.until == min(window.until, NOW + later - lag)


def test_what_is_read_and_not_settled_says_up_to_where_no_late_event_is_expected():
    read = (Window(ago(days=3), NOW),)
    assert Coverage(ago(days=3), read, (Window(ago(minutes=20), NOW),)).settled_until == ago(minutes=20)
    assert Coverage(ago(days=3), read).settled_until == NOW
    assert Coverage(ago(days=3), ()).settled_until is None


def test_an_event_in_time_that_was_read_was_late():
    coverage = Coverage(ago(days=9), (Window(ago(days=9), ago(days=5)), Window(ago(days=3), NOW)))
    assert [coverage.was_read(ago(days=days)) for days in (10, 9, 7, 4, 3, 0)] == [False, True, True, False, True, True]
    assert (coverage.began, coverage.covered_until) == (ago(days=3), NOW)
