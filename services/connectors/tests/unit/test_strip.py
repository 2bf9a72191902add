"""The coverage strip shows each moment once, as the worst that is known of it."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.standings import NOW, ago

from app.collection.coverage import Coverage, Gap
from app.connectors.base import Window
from app.console.strip import segments, ticks

DAY = timedelta(days=1)
WEEK = Window(ago(days=7), NOW)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=10)).map(lambda age: NOW - age)
WINDOWS = st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda ends: Window(min(ends), max(ends))), max_size=4).map(tuple)


def kinds(coverage, span=WEEK):
    return [(piece.kind, piece.window.until - piece.window.since) for piece in segments(coverage, span)]


def test_before_anything_was_asked_for_the_whole_strip_says_so():
    assert kinds(None) == [("unasked", 7 * DAY)]


def test_a_strip_tells_covered_settling_missing_gap_and_never_asked_for_apart():
    coverage = Coverage(
        asked_since=ago(days=6),
        read=(Window(ago(days=4), ago(days=3)), Window(ago(days=2), ago(hours=1))),
        unsettled=(Window(ago(hours=3), ago(hours=1)),),
        gaps=(Gap(Window(ago(days=6), ago(days=5)), "older_than_retention"),),
        missing=(Window(ago(days=5), ago(days=4)), Window(ago(days=3), ago(days=2))),
    )
    assert kinds(coverage) == [
        ("unasked", DAY),
        ("gap", DAY),
        ("unread", DAY),
        ("settled", DAY),
        ("unread", DAY),
        ("settled", 2 * DAY - timedelta(hours=3)),
        ("settling", timedelta(hours=2)),
        ("upcoming", timedelta(hours=1)),
    ]


def test_a_closer_look_shows_only_its_time():
    coverage = Coverage(ago(days=30), (Window(ago(days=30), ago(hours=12)),))
    [read, coming] = segments(coverage, Window(ago(days=1), NOW))
    assert (read.kind, read.left, read.width) == ("settled", 0, 50)
    assert (coming.kind, coming.left, coming.width) == ("upcoming", 50, 50)


@given(WINDOWS, WINDOWS, WINDOWS, MOMENTS)
def test_a_strip_has_no_hole_and_no_overlap(read, unsettled, missing, asked):
    pieces = segments(Coverage(asked, read, unsettled, (), missing), WEEK)
    assert (pieces[0].window.since, pieces[-1].window.until) == (WEEK.since, WEEK.until)
    assert all(one.window.until == other.window.since for one, other in pairwise(pieces))
    assert all(one.kind != other.kind for one, other in pairwise(pieces))
    assert sum(piece.width for piece in pieces) == pytest.approx(100)


@pytest.mark.parametrize("days", [1, 7, 90])
def test_marks_are_round_times_few_and_in_order(days):
    marks = ticks(Window(ago(days=days), NOW))
    assert 3 <= len(marks) <= 8
    assert all(one.left < other.left for one, other in pairwise(marks))
    assert all(mark.at.minute == 0 and mark.at.hour % 4 == 0 for mark in marks)
