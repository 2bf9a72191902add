"""When a failed poll is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.collection.backoff import next_try
from app.errors import Abort, InvalidInput, Retry

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)


def waits(error, failures, interval=INTERVAL):
    return (next_try(error, failures, interval, NOW) - NOW).total_seconds()


@pytest.mark.parametrize(("failures", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 240), (5, 300), (500, 300)])
def test_what_may_mend_itself_is_tried_soon_and_at_the_interval_at_the_latest(failures, seconds):
    assert waits(Retry("service_unavailable", "m", "r"), failures) == seconds


@pytest.mark.parametrize(("failures", "seconds"), [(1, 300), (2, 600), (3, 1200), (4, 2400), (5, 3600), (500, 3600)])
@pytest.mark.parametrize("kind", [Abort, InvalidInput])
def test_what_a_person_must_mend_is_tried_ever_later_up_to_an_hour(kind, failures, seconds):
    assert waits(kind("wrong_secret", "m", "r"), failures) == seconds


def test_an_interval_of_more_than_an_hour_is_kept():
    assert waits(Abort("wrong_secret", "m", "r"), 3, timedelta(hours=6)) == 6 * 3600


@given(st.integers(0, 86_400), st.integers(1, 1000))
def test_a_time_that_the_source_named_is_kept(seconds, failures):
    after = NOW + timedelta(seconds=seconds)
    assert next_try(Retry("throttled", "m", "r", after), failures, INTERVAL, NOW) == after
