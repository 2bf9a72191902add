"""Which time is read: from the checkpoint less the overlap until now, and never what the source no longer keeps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.collection import windows
from app.collection.coverage import Coverage
from app.collection.lags import Lags
from app.collection.windows import AUDIT_EVERY, SWEEP_EVERY, Reads, due_tier, measured_widths
from app.connectors.base import CollectionConfig, Stream, Window

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STREAM = Stream("activity", retention=timedelta(days=90), latency=timedelta(minutes=20))
OLDEST = NOW - timedelta(days=90) + timedelta(minutes=15)


def config(lookback=24, overlap=300, sweep=60):
    return CollectionConfig(
        poll_interval_seconds=300, initial_lookback_hours=lookback, overlap_seconds=overlap, sweep_minutes=sweep
    )


def at(checkpoint, began=OLDEST - timedelta(days=100), settled=None):
    """Return the ledger of a stream that was read up to a checkpoint, and settled up to there or an earlier time."""
    began = min(began, checkpoint)
    unsettled = () if settled is None else (Window(settled, checkpoint),)
    return Coverage(began, (Window(began, checkpoint),), unsettled)


def plan_window(coverage, config, stream, *rest, added=NOW):
    """Plan as a poll does: the first one begins the initial lookback before the connector was added."""
    if coverage is None:
        now, tier = (*rest, "poll")[:2]
        rest = (now, tier, added - timedelta(hours=config.initial_lookback_hours))
    return windows.plan_window(coverage, measured_widths(config, stream, Lags()), stream, *rest)


def test_the_first_window_is_the_initial_lookback():
    plan = plan_window(None, config(lookback=6), STREAM, NOW)
    assert plan.window == Window(NOW - timedelta(hours=6), NOW)
    assert plan.gap is None


def test_a_lookback_of_nothing_begins_now():
    assert plan_window(None, config(lookback=0), STREAM, NOW).window == Window(NOW, NOW)


def test_the_longest_lookback_stays_within_the_retention_and_what_that_leaves_out_is_a_gap():
    plan = plan_window(None, config(lookback=2160), STREAM, NOW)
    assert plan.window == Window(OLDEST, NOW)
    assert plan.gap == Window(NOW - timedelta(days=90), OLDEST)


def test_a_first_read_that_failed_for_long_begins_where_it_was_to_begin():
    plan = plan_window(None, config(lookback=6), STREAM, NOW, added=NOW - timedelta(hours=30))
    assert plan.window == Window(NOW - timedelta(hours=36), NOW)


@pytest.mark.parametrize("overlap", [0, 300, 86_400])
def test_later_windows_begin_at_the_checkpoint_less_the_overlap(overlap):
    checkpoint = NOW - timedelta(seconds=300)
    plan = plan_window(at(checkpoint), config(overlap=overlap), STREAM, NOW)
    assert plan.window == Window(checkpoint - timedelta(seconds=overlap), NOW)
    assert plan.gap is None


def test_a_long_pause_is_read_to_its_beginning():
    checkpoint = NOW - timedelta(days=30)
    assert plan_window(at(checkpoint), config(overlap=0), STREAM, NOW).window == Window(checkpoint, NOW)


def test_what_is_older_than_the_retention_is_a_gap():
    checkpoint = NOW - timedelta(days=100)
    plan = plan_window(at(checkpoint), config(), STREAM, NOW)
    assert plan.window == Window(OLDEST, NOW)
    assert plan.gap == Window(checkpoint, OLDEST)


def test_an_overlap_that_is_no_longer_kept_is_no_gap():
    plan = plan_window(at(OLDEST), config(overlap=300), STREAM, NOW)
    assert plan.window == Window(OLDEST, NOW)
    assert plan.gap is None


def test_a_clock_set_back_reads_the_overlap_before_now():
    plan = plan_window(at(NOW + timedelta(hours=3)), config(overlap=300), STREAM, NOW)
    assert plan.window == Window(NOW - timedelta(seconds=300), NOW)


def test_a_sweep_reads_an_hour_again_and_an_audit_two_days():
    progress = at(NOW - timedelta(minutes=5))
    assert plan_window(progress, config(), STREAM, NOW, "sweep").window == Window(NOW - timedelta(minutes=60), NOW)
    assert plan_window(progress, config(), STREAM, NOW, "audit").window == Window(NOW - timedelta(hours=48), NOW)


def test_a_sweep_never_begins_after_the_checkpoint():
    progress = at(NOW - timedelta(hours=3))
    assert plan_window(progress, config(overlap=0), STREAM, NOW, "sweep").window.since == NOW - timedelta(hours=3)


def test_no_tier_reads_from_before_the_first_window_by_itself():
    progress = at(NOW - timedelta(minutes=5), began=NOW - timedelta(minutes=20))
    assert plan_window(progress, config(), STREAM, NOW, "audit").window.since == NOW - timedelta(minutes=20)


def test_a_start_that_was_asked_for_is_read_also_from_before_the_first_window():
    progress = at(NOW - timedelta(minutes=5), began=NOW - timedelta(minutes=20))
    asked = NOW - timedelta(days=7)
    assert plan_window(progress, config(), STREAM, NOW, "audit", asked).window.since == asked


def test_a_start_that_was_asked_for_leaves_no_hole_after_the_checkpoint():
    progress = at(NOW - timedelta(hours=5))
    asked = NOW - timedelta(hours=1)
    assert plan_window(progress, config(), STREAM, NOW, "poll", asked).window.since <= NOW - timedelta(hours=5)


MINUTES_AGO = {minutes: NOW - timedelta(minutes=minutes) for minutes in (1, 9, 10, 1439, 1440, 3000)}


@pytest.mark.parametrize(
    ("first", "sweep", "audit", "due"),
    [
        (None, None, None, "poll"),
        (9, None, None, "poll"),
        (10, None, None, "sweep"),
        (3000, 9, 1, "poll"),
        (3000, 10, 1439, "sweep"),
        (3000, 10, 9, "poll"),
        (3000, 1, 1440, "audit"),
        (1440, 1, None, "audit"),
    ],
)
def test_a_sweep_is_due_every_ten_minutes_and_an_audit_every_day(first, sweep, audit, due):
    reads = Reads(*(None if ago is None else MINUTES_AGO[ago] for ago in (first, sweep, audit)))
    assert due_tier(config(), reads, NOW) == due
    assert due_tier(config(sweep=0), reads, NOW) == "poll"


@pytest.mark.parametrize(
    ("tier", "every", "lateness"), [("sweep", SWEEP_EVERY, 50 * 60), ("audit", AUDIT_EVERY, 24 * 3600)]
)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_what_is_late_by_no_more_than_the_page_promises_is_in_the_window_of_some_read(tier, every, lateness, data):
    seconds = st.floats(0, 1, allow_nan=False)
    happened = NOW - 3 * every * data.draw(seconds)
    readable = happened + timedelta(seconds=lateness) * data.draw(seconds)
    reads = [NOW - 4 * every + n * every for n in range(12)]
    windows = [plan_window(at(read), config(), STREAM, read, tier).window for read in reads]
    assert any(window.since <= happened and readable <= window.until for window in windows)


@settings(max_examples=200, deadline=None)
@given(
    st.none() | st.integers(-200 * 86_400, 86_400),
    st.integers(0, 2160),
    st.integers(0, 86_400),
    st.integers(1, 90),
    st.sampled_from(["poll", "sweep", "audit"]),
)
def test_every_moment_that_is_wanted_is_in_the_window_or_in_the_gap(offset, lookback, overlap, days, tier):
    checkpoint = None if offset is None else NOW + timedelta(seconds=offset)
    stream = Stream("activity", retention=timedelta(days=days), latency=timedelta())
    plan = plan_window(checkpoint and at(checkpoint), config(lookback, overlap), stream, NOW, tier)
    assert NOW - timedelta(days=days) < plan.window.since <= plan.window.until == NOW
    wanted = checkpoint or NOW - timedelta(hours=lookback)
    assert (plan.gap or plan.window).since <= wanted
    if plan.gap:
        assert plan.gap == Window(wanted, plan.window.since)
