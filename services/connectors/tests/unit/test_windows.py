"""Which time is read: from the checkpoint less the overlap until now, and never what the source no longer keeps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.collection.windows import plan_window
from app.connectors.base import CollectionConfig, Stream, Window

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STREAM = Stream("activity", retention=timedelta(days=90), latency=timedelta(minutes=20))
OLDEST = NOW - timedelta(days=90) + timedelta(minutes=15)


def config(lookback=24, overlap=300):
    return CollectionConfig(poll_interval_seconds=300, initial_lookback_hours=lookback, overlap_seconds=overlap)


def test_the_first_window_is_the_initial_lookback():
    plan = plan_window(None, config(lookback=6), STREAM, NOW)
    assert plan.window == Window(NOW - timedelta(hours=6), NOW)
    assert plan.gap is None


def test_a_lookback_of_nothing_begins_now():
    assert plan_window(None, config(lookback=0), STREAM, NOW).window == Window(NOW, NOW)


def test_the_longest_lookback_stays_within_the_retention_and_is_no_gap():
    plan = plan_window(None, config(lookback=2160), STREAM, NOW)
    assert plan.window == Window(OLDEST, NOW)
    assert plan.gap is None


@pytest.mark.parametrize("overlap", [0, 300, 86_400])
def test_later_windows_begin_at_the_checkpoint_less_the_overlap(overlap):
    checkpoint = NOW - timedelta(seconds=300)
    plan = plan_window(checkpoint, config(overlap=overlap), STREAM, NOW)
    assert plan.window == Window(checkpoint - timedelta(seconds=overlap), NOW)
    assert plan.gap is None


def test_a_long_pause_is_read_to_its_beginning():
    checkpoint = NOW - timedelta(days=30)
    assert plan_window(checkpoint, config(overlap=0), STREAM, NOW).window == Window(checkpoint, NOW)


def test_what_is_older_than_the_retention_is_a_gap():
    checkpoint = NOW - timedelta(days=100)
    plan = plan_window(checkpoint, config(), STREAM, NOW)
    assert plan.window == Window(OLDEST, NOW)
    assert plan.gap == Window(checkpoint, OLDEST)


def test_an_overlap_that_is_no_longer_kept_is_no_gap():
    plan = plan_window(OLDEST, config(overlap=300), STREAM, NOW)
    assert plan.window == Window(OLDEST, NOW)
    assert plan.gap is None


def test_a_clock_set_back_reads_the_overlap_before_now():
    plan = plan_window(NOW + timedelta(hours=3), config(overlap=300), STREAM, NOW)
    assert plan.window == Window(NOW - timedelta(seconds=300), NOW)


@settings(max_examples=200, deadline=None)
@given(st.none() | st.integers(-200 * 86_400, 86_400), st.integers(0, 2160), st.integers(0, 86_400), st.integers(1, 90))
def test_every_moment_since_the_checkpoint_is_in_the_window_or_in_the_gap(offset, lookback, overlap, days):
    checkpoint = None if offset is None else NOW + timedelta(seconds=offset)
    stream = Stream("activity", retention=timedelta(days=days), latency=timedelta())
    plan = plan_window(checkpoint, config(lookback, overlap), stream, NOW)
    assert NOW - timedelta(days=days) < plan.window.since <= plan.window.until == NOW
    if checkpoint is not None:
        begins = plan.gap.since if plan.gap else plan.window.since
        assert begins <= checkpoint
    if plan.gap:
        assert plan.gap == Window(checkpoint, plan.window.since)
