"""The histogram of lags: what it counts, its percentiles, and the widths that follow from it."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collection.lags import BOUNDS, LagCount, Lags, count_lags
from app.collection.windows import LONGEST_OVERLAP, LONGEST_SWEEP, measured_widths
from app.connectors.base import CollectionConfig, Stream

HAPPENED = datetime(2026, 5, 1, 23, 59, 50, tzinfo=UTC)
STREAM = Stream("activity", retention=timedelta(days=90), latency=timedelta(minutes=20))
LAGS = st.lists(st.floats(0, 200_000), min_size=1, max_size=60)


def event(lag, at=HAPPENED):
    available = None if lag is None else at + timedelta(seconds=lag)
    return SimpleNamespace(event_time=at, available_time=available)


def measured(lags):
    return Lags.of(count_lags(event(lag) for lag in lags))


def widths(lags, overlap=300, sweep=60):
    config = CollectionConfig(
        poll_interval_seconds=300, initial_lookback_hours=24, overlap_seconds=overlap, sweep_minutes=sweep
    )
    return measured_widths(config, STREAM, lags)


def test_events_are_counted_by_the_day_on_which_they_happened_and_by_bucket():
    counted = count_lags([event(3), event(4), event(3, HAPPENED + timedelta(seconds=10)), event(700)])
    assert sorted(counted, key=lambda count: (count.day, count.bucket)) == [
        LagCount(date(2026, 5, 1), 0, 2, 4.0),
        LagCount(date(2026, 5, 1), BOUNDS.index(900), 1, 700.0),
        LagCount(date(2026, 5, 2), 0, 1, 3.0),
    ]


def test_an_event_that_does_not_say_when_it_became_readable_is_not_counted():
    assert count_lags([event(None)]) == []


def test_a_time_before_the_event_is_no_lag():
    assert count_lags([event(-90)]) == [LagCount(date(2026, 5, 1), 0, 1, 0.0)]


def test_without_events_there_is_no_lag():
    assert (Lags().events, Lags().percentile(0.95), Lags().longest) == (0, timedelta(), timedelta())


@given(LAGS, st.floats(0.01, 1))
def test_a_percentile_is_exceeded_by_no_more_than_the_rest_and_never_beyond_the_longest(lags, share):
    found = measured(lags).percentile(share).total_seconds()
    assert sum(lag <= found + 1e-3 for lag in lags) >= share * len(lags) - 1e-9
    assert found <= max(lags) + 1e-3


@given(LAGS, st.integers(1, 86_400), st.integers(1, 1440))
def test_widths_follow_the_lags_between_what_is_configured_and_their_bounds(lags, overlap, sweep):
    found, histogram = widths(measured(lags), overlap, sweep), measured(lags)
    least_overlap, least_sweep = timedelta(seconds=overlap), timedelta(minutes=sweep)
    assert least_overlap <= found.overlap <= max(least_overlap, LONGEST_OVERLAP)
    assert least_sweep <= found.sweep <= max(least_sweep, LONGEST_SWEEP)
    assert found.overlap >= min(histogram.percentile(0.95), LONGEST_OVERLAP)
    assert found.sweep >= min(2 * histogram.longest, LONGEST_SWEEP)
    assert found.longest_lag == max(min(histogram.longest, LONGEST_SWEEP), STREAM.latency)


@pytest.mark.parametrize("lags", [Lags(), measured([3000] * 50)])
def test_zero_stays_zero_for_those_who_want_no_more_than_the_last_interval(lags):
    found = widths(lags, overlap=0, sweep=0)
    assert (found.overlap, found.sweep) == (timedelta(), timedelta())


def test_a_stream_with_a_long_tail_is_read_further_back():
    found = widths(measured([30] * 90 + [1500] * 10))
    assert (found.overlap, found.sweep) == (timedelta(minutes=25), timedelta(minutes=60))
    assert widths(measured([30] * 99 + [5400])).sweep == timedelta(hours=3)
