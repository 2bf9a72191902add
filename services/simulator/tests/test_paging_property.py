"""Whatever is published in whatever order, following the links gives every visible event once."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from simulator import Cloud, ticks
from simulator.activity_log import Pages
from simulator.wire import Ask

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = NOW - timedelta(hours=1)
FIRST = "/log?api-version=2015-04-01&$filter=eventTimestamp%20ge%20'2026-03-01T11:00:00Z'"

# Few different times, so that many events share one; lags on both sides of now.
events = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3600)), max_size=40)


def make_cloud(page_size: int, empty_share: float) -> tuple[Cloud, str]:
    cloud = Cloud(lambda: NOW)
    cloud.paging.page_size, cloud.paging.empty_share = page_size, empty_share
    return cloud, cloud.add_subscription(cloud.add_tenant())


def publish(cloud: Cloud, subscription: str, drawn: list[tuple[int, int]], name: str) -> None:
    for number, (minute, lag) in enumerate(drawn):
        at = ticks.from_datetime(START + timedelta(minutes=7 * minute))
        shown = ticks.to_iso(at + lag * ticks.SECOND)
        event = {"eventDataId": f"{name}{number}", "eventTimestamp": ticks.to_iso(at), "submissionTimestamp": shown}
        cloud.publish(subscription, [event])


def read(cloud: Cloud, subscription: str, target: str, now: datetime) -> tuple[list[str], str | None]:
    pages = Pages(cloud.subscriptions[subscription].log, cloud.paging, cloud.rng, now)
    body = json.loads(pages.answer(Ask("GET", target), "", None, "").body)
    return [event["eventDataId"] for event in body["value"]], body.get("nextLink") or None


@given(drawn=events, page_size=st.integers(1, 7), empty_share=st.sampled_from([0.0, 0.5, 1.0]))
def test_following_the_links_gives_each_visible_event_once(drawn, page_size, empty_share):
    cloud, subscription = make_cloud(page_size, empty_share)
    publish(cloud, subscription, drawn, "e")
    found, link = read(cloud, subscription, FIRST, NOW)
    while link:
        ids, link = read(cloud, subscription, link, NOW)
        found += ids
    assert found == cloud.visible(subscription, START, now=NOW)


@given(before=events, during=events, page_size=st.integers(1, 5))
def test_what_becomes_visible_while_paging_neither_hides_nor_repeats_anything(before, during, page_size):
    cloud, subscription = make_cloud(page_size, 0.0)
    publish(cloud, subscription, before, "before")
    expected = set(cloud.visible(subscription, START, now=NOW))
    found, link = read(cloud, subscription, FIRST, NOW)
    publish(cloud, subscription, during, "during")
    for minute in range(1, 200):
        if link is None:
            break
        ids, link = read(cloud, subscription, link, NOW + timedelta(minutes=minute))
        found += ids
    assert link is None
    assert expected <= set(found)
    assert len(found) == len(set(found))
