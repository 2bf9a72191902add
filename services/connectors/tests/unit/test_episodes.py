"""When a correlation is satisfied, against an evaluator that looks at every window there is."""

from datetime import timedelta
from uuid import UUID

from conftest import NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_detections import RULES, SPAN, TYPES, a_correlation, naive_episodes

from app.detection.episodes import Need, Sighting, rule_key, satisfied, windows_after, windows_before


def sighting(minute, number=0, rule="rule-a", key=b"x"):
    return Sighting(NOW + timedelta(minutes=minute), UUID(int=number), rule, key)


@st.composite
def seen(draw, kind):
    """Sightings at whole minutes, so that windows end exactly where others begin."""
    found = []
    for number in range(draw(st.integers(0, 14))):
        rule = draw(st.sampled_from(RULES))
        key = rule_key(rule) if kind.startswith("temporal") else bytes([draw(st.integers(0, 4))])
        found.append(sighting(draw(st.integers(0, 60)), number, rule, key))
    return draw(st.permutations(found))


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_episodes_are_those_that_looking_at_every_window_finds(data):
    kind = data.draw(st.sampled_from(TYPES))
    rule = a_correlation(kind, at_least=data.draw(st.integers(1, 4)))
    sightings = data.draw(seen(kind))
    assert [frozenset(each.sightings) for each in satisfied(rule, sightings)] == naive_episodes(rule, sightings)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_windows_that_begin_with_a_sighting_hold_the_same_as_those_that_end_with_one(data):
    kind = data.draw(st.sampled_from(TYPES))
    need = Need.of(a_correlation(kind))
    rows = sorted((each.time, each.key) for each in data.draw(seen(kind)))

    def held(windows):
        return [[time for time, _ in rows if begin <= time <= end] for begin, end in sorted(windows)]

    assert held(windows_before(need, rows)) == held(windows_after(need, rows))


def test_a_timespan_holds_both_its_ends():
    three = [sighting(0, 1, key=b"1"), sighting(5, 2, key=b"2"), sighting(10, 3, key=b"3")]
    (episode,) = satisfied(a_correlation("event_count"), three)
    assert (episode.first, episode.last) == (NOW, NOW + SPAN)
    late = Sighting(NOW + SPAN + timedelta(microseconds=1), UUID(int=3), "rule-a", b"3")
    assert satisfied(a_correlation("event_count"), [*three[:2], late]) == []


def test_records_of_one_operation_count_once():
    same = [sighting(minute, minute, key=b"one") for minute in range(9)]
    assert satisfied(a_correlation("event_count"), same) == []


def test_equal_times_are_in_order():
    at_once = [sighting(0, number, rule, rule_key(rule)) for number, rule in enumerate(reversed(RULES))]
    assert len(satisfied(a_correlation("temporal_ordered"), at_once)) == 1


def test_the_wrong_order_is_none():
    reverse = [sighting(minute, minute, rule, rule_key(rule)) for minute, rule in enumerate(reversed(RULES))]
    assert satisfied(a_correlation("temporal_ordered"), reverse) == []
    assert len(satisfied(a_correlation("temporal"), reverse)) == 1


def test_a_rule_that_is_named_twice_is_one():
    rule = a_correlation("temporal_ordered", rules=("rule-a", "rule-b", "rule-a"))
    both = [sighting(minute, minute, name, rule_key(name)) for minute, name in enumerate(RULES[:2])]
    assert len(satisfied(rule, both)) == 1


def test_a_long_storm_costs_little():
    storm = [
        Sighting(NOW + timedelta(milliseconds=at), UUID(int=at), "rule-a", at.to_bytes(4, "big"))
        for at in range(50_000)
    ]
    (episode,) = satisfied(a_correlation("event_count", at_least=30), storm)
    assert len(episode.sightings) == 50_000
