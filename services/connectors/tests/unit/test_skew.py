"""What the answers' dates say of this machine's clock."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.microsoft.skew import Skew

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
DATE = "Fri, 01 May 2026 12:00:00 GMT"
SECOND = timedelta(seconds=1)


def learnt(*answers):
    skew = Skew()
    for answer in answers:
        skew.note(*answer)
    return skew.ahead


@pytest.mark.parametrize(
    "date", [None, "", "yesterday", "Fri, 99 May 2026 12:00:00 GMT", "2026-05-01", "\x00", "1" * 9999]
)
def test_a_date_that_is_absent_or_cannot_be_read_tells_nothing(date):
    assert learnt((NOW, NOW, date)) == timedelta()


@pytest.mark.parametrize(("ours", "ahead"), [(0, 0), (1, 0), (61, 60), (-60, -60), (300, 299)])
def test_the_clocks_are_compared_to_the_second_and_take_the_doubt(ours, ahead):
    at = NOW + ours * SECOND
    assert learnt((at, at, DATE)) == ahead * SECOND


def test_a_slow_answer_is_no_difference_of_the_clocks():
    assert learnt((NOW, NOW + timedelta(minutes=2), DATE)) == timedelta()


def test_further_answers_narrow_what_is_known():
    late = NOW - timedelta(minutes=5)
    assert learnt((late, late + 30 * SECOND, DATE)) == timedelta(minutes=-4.5)
    assert learnt((late, late + 30 * SECOND, DATE), (late, late, DATE)) == timedelta(minutes=-5)


@pytest.mark.parametrize(("before", "after"), [(300, 0), (0, 300), (-300, 0), (0, -300), (300, -300)])
def test_a_clock_that_is_set_is_believed_at_once(before, after):
    first, second = NOW + before * SECOND, NOW + after * SECOND
    assert learnt((first, first, DATE), (second, second, DATE)) == learnt((second, second, DATE))


def test_a_clock_set_back_during_the_answer_tells_nothing():
    assert learnt((NOW + timedelta(minutes=5), NOW, DATE)) == timedelta()


moments = st.floats(min_value=0, max_value=3600)
spans = st.floats(min_value=0, max_value=5)


@settings(max_examples=200, deadline=None)
@given(st.floats(min_value=-600, max_value=600), st.lists(st.tuples(moments, spans, spans), min_size=1))
def test_the_difference_is_never_overstated_and_known_within_a_second_and_the_quickest_answer(ahead, answers):
    skew = Skew()
    for asked, there, back in answers:
        true = NOW + timedelta(seconds=asked + there)
        ours = [true + timedelta(seconds=ahead + way) for way in (-there, back)]
        skew.note(*ours, format_datetime(true, usegmt=True))
    told, doubt = skew.ahead.total_seconds(), 1 + min(there + back for _, there, back in answers)
    assert abs(told) <= abs(ahead) + 1e-5
    assert abs(told - ahead) <= doubt + 1e-5
