"""What hunts fold from a stream of matches is what a look at all of them at once gives."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_detections import RULES, TYPES, a_correlation, a_match, an_event, an_event_rule

from app.detection import episode_findings
from app.detection.episodes import satisfied
from app.detection.findings import findings_of, looks_back
from app.detection.first_spans import first_matches
from app.detection.groups import sightings_of
from app.detection.hits import KEPT_EVENTS
from app.detection.rules import FirstSeen

_SEEN = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(RULES), st.sampled_from(["ada", "bob"]), st.sampled_from("xyz")),
    max_size=40,
)
_FIRST_SEEN = st.sampled_from([None, "aisoc.src_ip"])


def matches_of(seen, rules):
    events = [an_event(minute, rule, actor, src_ip=ip) for minute, rule, actor, ip in sorted(seen)]
    return [a_match(rules[event.event_type], event) for event in events]


def fed(rule, matches, size, **options):
    findings = findings_of(rule, **options)
    for start in range(0, len(matches), size):
        findings.add(matches[start : start + size])
    findings.close()
    return findings


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """Look for what can be forgotten all the time."""
    monkeypatch.setattr(episode_findings, "_MANY", 2)


@pytest.mark.parametrize("kind", TYPES)
@given(seen=_SEEN, size=st.integers(1, 10))
@settings(max_examples=60, deadline=None)
def test_episodes_of_a_stream_are_those_of_all_matches_at_once(kind, seen, size):
    correlation = a_correlation(kind)
    matches = matches_of(seen, {name: an_event_rule(name) for name in RULES})
    findings = fed(correlation, matches, size)
    groups = {}
    for match in matches:
        for group, sighting in sightings_of(correlation, match):
            groups.setdefault(group.key, []).append(sighting)
    whole = [episode for sightings in groups.values() for episode in satisfied(correlation, sightings)]
    wanted = {(each.first, each.last, frozenset(one.event_id for one in each.sightings)) for each in whole}
    assert {(hit.first_time, hit.last_time, frozenset(hit.event_ids)) for hit in findings.hits} == wanted
    assert findings.count == len(whole)
    assert findings.events == len(matches)


@given(seen=_SEEN, size=st.integers(1, 10), field=_FIRST_SEEN, hours=st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_what_a_stream_shows_first_is_what_all_matches_at_once_show_first(seen, size, field, hours):
    wide = [(minute * 7, "rule-a", actor, ip) for minute, _, actor, ip in seen]
    first_seen = FirstSeen(group_by=("aisoc.actor",), timespan=timedelta(hours=hours), field=field)
    rule = an_event_rule("rule-a", first_seen=first_seen, alerts=True)
    matches = matches_of(wide, {"rule-a": rule})
    findings = fed(rule, matches, size)
    wanted = [match.record.event.id for match in first_matches(rule, matches)]
    assert sorted(hit.event.id for hit in findings.hits) == sorted(wanted)
    assert findings.count == len(wanted)


def test_what_came_before_the_time_says_what_is_new_and_is_not_found_itself():
    first_seen = FirstSeen(group_by=("aisoc.actor",), timespan=timedelta(hours=1))
    rule = an_event_rule("rule-a", first_seen=first_seen, alerts=True)
    seen = [(0, "rule-a", "ada", "x"), (30, "rule-a", "ada", "x"), (31, "rule-a", "bob", "x")]
    matches = matches_of(seen, {"rule-a": rule})
    since = matches[1].record.event.event_time
    findings = fed(rule, matches, 1, since=since)
    assert [hit.event.actor for hit in findings.hits] == ["bob"]
    assert looks_back(rule) >= timedelta(hours=1)


def test_only_the_first_findings_are_kept_and_all_are_counted():
    rule = an_event_rule("rule-a", alerts=True)
    matches = matches_of([(number, "rule-a", "ada", "x") for number in range(KEPT_EVENTS + 50)], {"rule-a": rule})
    findings = fed(rule, matches, 100)
    assert (findings.count, findings.events, len(findings.hits)) == (KEPT_EVENTS + 50, KEPT_EVENTS + 50, KEPT_EVENTS)
