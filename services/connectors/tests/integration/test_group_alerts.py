"""The alerts of correlations and first-seen rules, one case after another."""

import asyncio
from datetime import timedelta

import pytest
from conftest import NOW, new_database
from feeding import alerts_in, feed, feed_all, opened, rule_set
from naive_detections import SPAN, a_correlation, an_event, naive_episodes, naive_sightings
from sqlalchemy import make_url, text

from app.detection import correlating
from app.detection.episode_alerts import ATTACHED_EACH
from app.detection.forgetting import forget_old
from app.detection.rules import FirstSeen
from app.storage.sightings import read_around

_NEW_ADDRESS = FirstSeen(group_by=("aisoc.actor",), timespan=timedelta(days=2), field="aisoc.src_ip")
_NEW_ACTOR = FirstSeen(group_by=("aisoc.actor",), timespan=timedelta(days=2))


@pytest.fixture
async def engine(database_url):
    async with opened(make_url(database_url).set(drivername="postgresql+psycopg")) as found:
        yield found


async def rows(engine, sql, **parameters):
    async with engine.begin() as connection:
        result = await connection.execute(text(sql), parameters)
        return [row._mapping for row in result] if result.returns_rows else []


def first_seen_rules(first_seen):
    return rule_set(**{"rule-a": {"first_seen": first_seen, "alerts": True}})


async def test_an_alert_says_what_was_counted_and_in_which_group(engine):
    rules = rule_set(a_correlation("event_count", alert_title="{count} things by {actor}"))
    await feed(engine, rules, [an_event(minute, src_ip="192.0.2.7") for minute in range(4)])
    (alert,) = await alerts_in(engine)
    assert (alert["kind"], alert["rule_id"], alert["events"]) == ("correlation", "c", 4)
    assert alert["title"] == "4 things by ada"
    assert alert["facts"]["count"] == 4
    assert alert["facts"]["group"] == {"aisoc.actor": "ada"}
    entities = await rows(engine, "SELECT kind, value FROM alert_entities ORDER BY kind")
    assert [tuple(each.values()) for each in entities] == [
        ("actor", "ada"),
        ("ip", "192.0.2.7"),
        ("resource", "/subscriptions/s"),
    ]


async def test_without_a_title_of_its_own_it_names_the_group(engine):
    await feed(engine, rule_set(a_correlation("event_count")), [an_event(minute) for minute in range(3)])
    assert [alert["title"] for alert in await alerts_in(engine)] == ["Much: ada"]


async def test_more_of_the_same_extends_the_alert_and_leaves_what_people_did(engine):
    rules = rule_set(a_correlation("event_count"))
    await feed(engine, rules, [an_event(minute) for minute in (10, 11, 12)])
    await rows(engine, "UPDATE alerts SET status = 'in_progress', assignee = 'anna'")
    await feed(engine, rules, [an_event(20)])
    await feed(engine, rules, [an_event(5)])
    (alert,) = await alerts_in(engine)
    assert (alert["status"], alert["assignee"], alert["events"]) == ("in_progress", "anna", 5)
    assert (alert["first_time"], alert["last_time"]) == (
        NOW + timedelta(minutes=5),
        NOW + timedelta(minutes=20),
    )


async def test_what_happens_a_timespan_later_is_another_alert(engine):
    rules = rule_set(a_correlation("event_count"))
    await feed(engine, rules, [an_event(minute) for minute in (0, 1, 2, 60, 61, 62)])
    assert len(await alerts_in(engine)) == 2


async def test_a_late_event_between_two_alerts_merges_them_into_the_one_made_first(engine):
    rules = rule_set(a_correlation("event_count"))
    await feed(engine, rules, [an_event(minute) for minute in (20, 21, 22)])
    (older,) = await alerts_in(engine)
    await rows(engine, "UPDATE alerts SET created_at = created_at - interval '1 minute', assignee = 'anna'")
    await feed(engine, rules, [an_event(minute) for minute in (0, 1, 2)])
    assert len(await alerts_in(engine)) == 2
    await feed(engine, rules, [an_event(11)])
    (alert,) = await alerts_in(engine)
    assert (alert["id"], alert["assignee"], alert["events"]) == (older["id"], "anna", 7)
    assert (alert["first_time"], alert["last_time"]) == (NOW, NOW + timedelta(minutes=22))
    (other,) = await rows(engine, "SELECT superseded_by FROM alerts WHERE id <> :id", id=older["id"])
    assert other["superseded_by"] == older["id"]


async def test_a_group_is_what_all_its_fields_are(engine):
    rules = rule_set(a_correlation("event_count", group_by=("aisoc.actor", "aisoc.src_ip")))
    await feed(engine, rules, [an_event(n, src_ip=f"192.0.2.{n % 2}") for n in range(4)])
    assert await alerts_in(engine) == []
    await feed(engine, rules, [an_event(5, actor="ADA", src_ip="192.0.2.1"), an_event(6, src_ip=None)])
    (alert,) = await alerts_in(engine)
    assert alert["facts"]["group"] == {"aisoc.actor": "ada", "aisoc.src_ip": "192.0.2.1"}
    assert alert["events"] == 3


async def test_a_rule_without_group_by_counts_everybody(engine):
    rules = rule_set(a_correlation("event_count", group_by=()))
    await feed(engine, rules, [an_event(n, actor=f"actor-{n}") for n in range(3)])
    (alert,) = await alerts_in(engine)
    assert alert["facts"]["group"] == {}


async def test_an_alias_is_another_field_in_each_rule(engine):
    rule = a_correlation(
        "temporal",
        rules=("rule-a", "rule-b"),
        group_by=("who",),
        aliases={"who": {"rule-a": "aisoc.actor", "rule-b": "aisoc.app_id"}},
    )
    a, b = an_event(0, "rule-a", actor="one"), an_event(1, "rule-b", actor="two", app_id="ONE")
    await feed(engine, rule_set(rule), [a, b, an_event(1, "rule-b", actor="one", app_id="three")])
    (alert,) = await alerts_in(engine)
    assert set(alert["of_events"]) == {a.id, b.id}


async def test_several_values_are_several_groups_and_too_many_are_cut(engine, monkeypatch):
    rules = rule_set(a_correlation("event_count", at_least=1, group_by=("aisoc.actor",)))
    monkeypatch.setattr("app.detection.record.Record.values", lambda self, field: [f"a{n}" for n in range(99)])
    await feed(engine, rules, [an_event(0)])
    assert len(await alerts_in(engine)) == 20


async def test_a_rule_that_is_not_to_alert_does_not(engine):
    rules = rule_set(
        a_correlation("event_count", alerts=False), **{"rule-a": {"first_seen": _NEW_ACTOR, "alerts": False}}
    )
    await feed(engine, rules, [an_event(minute) for minute in range(4)])
    assert await alerts_in(engine) == []


async def test_doing_it_again_changes_nothing(engine):
    rules = rule_set(a_correlation("event_count"), **{"rule-a": {"first_seen": _NEW_ADDRESS, "alerts": True}})
    events = [an_event(minute, src_ip=f"192.0.2.{minute}") for minute in range(4)]
    await feed(engine, rules, events)
    before = await rows(engine, "SELECT * FROM alerts ORDER BY id"), await rows(engine, "SELECT * FROM alert_changes")
    await rows(engine, "DELETE FROM events")
    await rows(engine, "DELETE FROM event_facts")
    await feed(engine, rules, events)
    after = await rows(engine, "SELECT * FROM alerts ORDER BY id"), await rows(engine, "SELECT * FROM alert_changes")
    assert after == before


async def test_an_alert_counts_all_of_a_storm_and_keeps_its_ends(engine):
    rules = rule_set(a_correlation("event_count", at_least=30))
    storm = [an_event(number / 200, resource_id=f"/subscriptions/s/{number}") for number in range(1500)]
    for page in (storm[1000:], storm[:500], storm[500:1000]):
        await feed(engine, rules, page)
    (alert,) = await alerts_in(engine)
    assert (alert["events"], alert["facts"]["count"]) == (1500, 1500)
    ends = [*storm[:ATTACHED_EACH], *storm[-ATTACHED_EACH:]]
    assert set(alert["of_events"]) == {event.id for event in ends}
    (entities,) = await rows(engine, "SELECT count(*) AS n FROM alert_entities")
    assert entities["n"] < 150


@pytest.mark.parametrize("kind", ["event_count", "value_count", "temporal"])
def test_reading_in_small_parts_finds_the_same(postgres, monkeypatch, kind):
    """However little is read at once: the neighbourhood of some late events among many is never read whole."""
    monkeypatch.setattr(correlating, "MOST_AT_ONCE", 3)
    read = []

    async def counted(*arguments):
        read.extend(found := await read_around(*arguments))
        return found

    monkeypatch.setattr(correlating, "read_around", counted)
    rule = a_correlation(kind, at_least=4)
    events = [
        an_event(number * 37 % 97, f"rule-{'abc'[number % 3]}", src_ip=f"192.0.2.{number * 7 % 5}")
        for number in range(60)
    ]
    with new_database(postgres) as url:
        address = make_url(url).set(drivername="postgresql+psycopg")
        alerts = asyncio.run(feed_all(address, rule_set(rule), [events[0::2], events[1::2]]))
    assert max(len(seen) for seen in read) <= 3 + 1 + 2 * rule.at_least
    wanted = naive_episodes(rule, naive_sightings(rule, events)["ada"])
    assert {frozenset(alert["of_events"]) for alert in alerts} == {
        frozenset(each.event_id for each in found) for found in wanted
    }


async def test_a_window_that_is_as_long_as_the_timespan_counts_across_restarts(engine):
    for minute in (10, 0, 5):
        async with opened(engine.url) as of_new_process:
            await feed(of_new_process, rule_set(a_correlation("event_count")), [an_event(minute)])
    (alert,) = await alerts_in(engine)
    assert alert["last_time"] - alert["first_time"] == SPAN


async def test_a_late_event_moves_a_first_seen_alert_and_people_keep_theirs(engine):
    rules = first_seen_rules(_NEW_ACTOR)
    await feed(engine, rules, [an_event(60 * 24)])
    await rows(engine, "UPDATE alerts SET assignee = 'anna'")
    earlier = an_event(60)
    await feed(engine, rules, [earlier])
    (alert,) = await alerts_in(engine)
    assert (alert["assignee"], alert["of_events"], alert["events"]) == ("anna", [earlier.id], 1)
    assert (alert["first_time"], alert["last_time"]) == (earlier.event_time, earlier.event_time)


async def test_a_first_seen_alert_that_was_not_the_first_is_taken_back(engine):
    rules = first_seen_rules(_NEW_ADDRESS)
    known, other = an_event(600, src_ip="192.0.2.1"), an_event(1200, src_ip="192.0.2.2")
    await feed(engine, rules, [known, other])
    assert [alert["of_events"] for alert in await alerts_in(engine)] == [[other.id]]
    await feed(engine, rules, [an_event(0, src_ip="192.0.2.2")])
    (alert,) = await alerts_in(engine)
    assert alert["of_events"] == [known.id]
    (old,) = await rows(engine, "SELECT superseded_by FROM alerts WHERE superseded_by IS NOT NULL")
    assert old["superseded_by"] == alert["id"]


async def test_two_spans_that_a_late_event_joins_have_one_alert(engine):
    rules = first_seen_rules(_NEW_ACTOR)
    day = 60 * 24
    first = an_event(0)
    await feed(engine, rules, [first, an_event(3 * day)])
    assert len(await alerts_in(engine)) == 2
    await feed(engine, rules, [an_event(1.5 * day)])
    assert [alert["of_events"] for alert in await alerts_in(engine)] == [[first.id]]
    assert len(await rows(engine, "SELECT * FROM spans")) == 1


async def test_an_actor_who_was_never_seen_has_no_new_address(engine):
    await feed(engine, first_seen_rules(_NEW_ADDRESS), [an_event(0, src_ip="192.0.2.1")])
    assert await alerts_in(engine) == []


async def test_what_was_seen_already_writes_nothing(engine):
    rules = first_seen_rules(_NEW_ADDRESS)
    await feed(engine, rules, [an_event(0, src_ip="192.0.2.1")])
    before = await rows(engine, "SELECT xmin::text, * FROM spans")
    await feed(engine, rules, [an_event(minute, src_ip="192.0.2.1") for minute in range(30)])
    assert await rows(engine, "SELECT xmin::text, * FROM spans") == before


async def test_what_is_older_than_any_rule_looks_back_is_forgotten_and_alerts_stay(engine):
    rules = rule_set(a_correlation("event_count"), **{"rule-a": {"first_seen": _NEW_ADDRESS, "alerts": True}})
    await feed(engine, rules, [an_event(minute, src_ip=f"192.0.2.{minute}") for minute in range(3)])
    alerts = await alerts_in(engine)
    async with engine.begin() as connection:
        assert await forget_old(connection, rules, NOW + timedelta(days=92)) == 0
        assert await forget_old(connection, rules, NOW + timedelta(days=92, hours=2)) == 6
    assert await alerts_in(engine) == alerts
