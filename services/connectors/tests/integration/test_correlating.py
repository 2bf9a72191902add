"""Correlations and first-seen rules on the stream give what a slow look at all events at once gives."""

import asyncio
from datetime import timedelta

import pytest
from conftest import new_database
from feeding import feed_all, rule_set
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_detections import (
    RULES,
    TYPES,
    a_correlation,
    an_event,
    naive_episodes,
    naive_first,
    naive_sightings,
)
from sqlalchemy import make_url

from app.detection.rules import FirstSeen

_slowly = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def url(postgres):
    with new_database(postgres) as found:
        yield make_url(found).set(drivername="postgresql+psycopg")


def told(alerts):
    return {
        (alert["facts"]["group"]["aisoc.actor"], alert["first_time"], alert["last_time"], frozenset(alert["of_events"]))
        for alert in alerts
    }


def expected(rule, events):
    return {
        (
            actor,
            min(each.time for each in found),
            max(each.time for each in found),
            frozenset(each.event_id for each in found),
        )
        for actor, sightings in naive_sightings(rule, events).items()
        for found in naive_episodes(rule, sightings)
    }


@st.composite
def stories(draw, most_minutes=45):
    """Events of two actors, in batches, in any order."""
    events = [
        an_event(
            draw(st.integers(0, most_minutes)),
            draw(st.sampled_from(RULES)),
            draw(st.sampled_from(["ada", "ADA", "bob", None])),
            correlation_id=f"operation-{draw(st.integers(0, 4))}",
            src_ip=draw(st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", None])),
        )
        for _ in range(draw(st.integers(1, 18)))
    ]
    shuffled = draw(st.permutations(events))
    size = draw(st.integers(1, 6))
    return events, [shuffled[at : at + size] for at in range(0, len(shuffled), size)]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("workers", [1, 2])
def test_any_order_batches_and_workers_give_what_looking_at_everything_gives(url, kind, workers):
    rule = a_correlation(kind, at_least=3)

    @_slowly
    @given(stories())
    def check(story):
        events, batches = story
        alerts = asyncio.run(feed_all(url, rule_set(rule), batches, workers))
        assert told(alerts) == expected(rule, events)
        assert all(alert["events"] == len(alert["of_events"]) for alert in alerts)

    check()


@st.composite
def days(draw):
    """Events of two actors from three addresses, hours and days apart."""
    events = [
        an_event(
            draw(st.integers(0, 10 * 24)) * 60 + draw(st.sampled_from([0, 1, 59])),
            "rule-a",
            draw(st.sampled_from(["ada", "bob"])),
            src_ip=draw(st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"])),
        )
        for _ in range(draw(st.integers(1, 14)))
    ]
    shuffled = draw(st.permutations(events))
    size = draw(st.integers(1, 5))
    return events, [shuffled[at : at + size] for at in range(0, len(shuffled), size)]


@pytest.mark.parametrize("field", [None, "aisoc.src_ip"])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_first_seen_is_so_in_any_order(url, field, workers):
    first_seen = FirstSeen(group_by=("aisoc.actor",), timespan=timedelta(days=2), field=field)
    rules = rule_set(**{"rule-a": {"first_seen": first_seen, "alerts": True}})

    @_slowly
    @given(days())
    def check(story):
        events, batches = story
        alerts = asyncio.run(feed_all(url, rules, batches, workers))
        found = [event for alert in alerts for event in alert["of_events"]]
        assert len(found) == len(set(found)) == len(alerts)
        assert set(found) == naive_first(first_seen, events)
        times = {event.id: event.event_time for event in events}
        assert all(alert["first_time"] == times[alert["of_events"][0]] for alert in alerts)

    check()
