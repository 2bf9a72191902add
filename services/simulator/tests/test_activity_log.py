"""The Activity Log's filter, pages, links, visibility and retention."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

RAW_TOKEN = re.compile(r"\$skipToken=US1:\d+:[0-9a-f]+;US0:\d+:FFFFFFFF;EU1:\d+:[0-9a-f]+$")
TIME = "2026-03-01T00:00:00Z"


async def test_a_page_has_200_events_newest_first(client, publish):
    oldest_first = publish(201)
    page = (await client.get(client.target())).body
    assert [event["eventDataId"] for event in page["value"]] == oldest_first[:0:-1]
    assert page["nextLink"]


async def test_the_pages_together_have_every_event_once(client, publish):
    oldest_first = publish(1_001)
    assert await client.ids(client.target()) == oldest_first[::-1]


async def test_a_full_last_page_has_no_next_link(client, publish):
    publish(200)
    assert not (await client.get(client.target())).body.get("nextLink")


async def test_the_end_is_an_absent_a_null_or_an_empty_next_link(client):
    """nextLink: absent, null or ""."""
    ends = {json.dumps((await client.get(client.target())).body) for _ in range(40)}
    assert ends == {'{"value": []}', '{"value": [], "nextLink": null}', '{"value": [], "nextLink": ""}'}


async def test_a_link_has_raw_colons_and_semicolons(client, publish):
    publish(201)
    link = (await client.get(client.target())).body["nextLink"]
    assert RAW_TOKEN.search(link)
    assert link.startswith(f"{client.server.resource_manager}/subscriptions/")


@pytest.mark.parametrize(("raw", "encoded"), [(":", "%3A"), (";", "%3B")])
async def test_a_re_encoded_link_is_400(client, publish, raw, encoded):
    """Re-encoding breaks it (azure-powershell issue 3169, steampipe issue 807)."""
    publish(201)
    link = (await client.get(client.target())).body["nextLink"]
    head, token = link.split("$skipToken=")
    answer = await client.get(f"{head}$skipToken={token.replace(raw, encoded)}")
    assert (answer.status, answer.code) == (400, "BadRequest")


async def test_a_link_with_a_re_encoded_filter_is_400(client, publish):
    publish(201)
    link = (await client.get(client.target())).body["nextLink"]
    assert (await client.get(link.replace("%20", "+"))).status == 400


async def test_a_link_with_a_parameter_added_is_400(client, publish):
    publish(201)
    link = (await client.get(client.target())).body["nextLink"]
    assert (await client.get(f"{link}&$top=1")).status == 400


async def test_empty_pages_with_a_link_come_now_and_then(client, cloud, publish):
    """Empty pages with a nextLink happen (Azure-Lighthouse-samples issue 60)."""
    oldest_first = publish(150)
    cloud.paging.empty_share, cloud.paging.page_size = 0.5, 10
    pages = await client.follow(client.target())
    assert any(not page.body["value"] and page.body["nextLink"] for page in pages)
    assert [event["eventDataId"] for page in pages for event in page.body["value"]] == oldest_first[::-1]


async def test_the_order_within_a_page_can_be_any(client, cloud, publish):
    """Mostly newest first, not promised."""
    oldest_first = publish(100)
    cloud.paging.shuffled, cloud.paging.page_size = True, 30
    ids = await client.ids(client.target())
    assert ids != oldest_first[::-1]
    assert sorted(ids) == sorted(oldest_first)


async def test_top_1_shows_one_event_and_a_link_to_the_rest(client, publish):
    """$top is not in the specification: a smaller page, no less."""
    oldest_first = publish(3)
    page = (await client.get(client.target(options="&$top=1"))).body
    assert [event["eventDataId"] for event in page["value"]] == oldest_first[-1:]
    assert await client.ids(page["nextLink"]) == oldest_first[1::-1]


async def test_top_cannot_make_a_page_larger_than_200(client, publish):
    publish(250)
    assert len((await client.get(client.target(options="&$top=1000"))).body["value"]) == 200


@pytest.mark.parametrize("top", ["0", "-1", "many", ""])
async def test_a_top_that_is_no_number_is_400(client, top):
    assert (await client.get(client.target(options=f"&$top={top}"))).status == 400


async def test_select_gives_the_named_properties(client, publish):
    publish(1, caller="megan@contoso.example", level="Informational")
    [event] = (await client.get(client.target(options="&$select=eventDataId,level"))).body["value"]
    assert set(event) == {"eventDataId", "level"}


@pytest.mark.parametrize("name", ["caller", "category", "resourceType", "tenantId"])
async def test_select_does_not_know_these_properties(client, name):
    """They are not in the documented list."""
    assert (await client.get(client.target(options=f"&$select={name}"))).code == "BadRequest"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"eventTimestamp le '{TIME}'",
        f"eventTimestamp gt '{TIME}'",
        f"eventTimestamp ge {TIME}",
        "eventTimestamp ge 'yesterday'",
        f"eventTimestamp ge '{TIME}' and eventTimestamp lt '{TIME}'",
        f"submissionTimestamp ge '{TIME}'",
        f"eventTimestamp ge '{TIME}' and submissionTimestamp le '{TIME}'",
        f"eventTimestamp ge '{TIME}' and caller eq 'megan@contoso.example'",
        f"eventTimestamp ge '{TIME}' and resourceGroupName ne 'x'",
        f"eventTimestamp ge '{TIME}' and resourceGroupName eq 'x' and correlationId eq 'y'",
        f"eventTimestamp ge '{TIME}' or resourceGroupName eq 'x'",
        f"resourceGroupName eq 'x' and eventTimestamp ge '{TIME}'",
    ],
)
async def test_a_filter_outside_the_documented_forms_is_400(client, text):
    answer = await client.get(client.filtered(text))
    assert (answer.status, answer.code) == (400, "BadRequest")


async def test_a_missing_filter_is_400(client):
    target = re.sub(r"&\$filter=.*", "", client.target())
    assert (await client.get(target)).status == 400


async def test_a_query_option_that_is_not_documented_is_400(client):
    assert (await client.get(client.target(options="&$orderby=eventTimestamp"))).status == 400


async def test_both_ends_of_the_time_range_are_included(client, cloud):
    times = [f"2026-03-01T10:00:00.000000{digit}Z" for digit in range(5)]
    cloud.publish(client.subscription, [{"eventDataId": at, "eventTimestamp": at} for at in times])
    text = f"eventTimestamp ge '{times[1]}' and eventTimestamp le '{times[3]}'"
    assert await client.ids(client.filtered(text)) == times[3:0:-1]


EVENTS: dict[str, dict[str, Any]] = {
    "mine": {
        "resourceId": "/subscriptions/s/resourceGroups/Web/providers/Microsoft.Compute/virtualMachines/vm1",
        "resourceGroupName": "Web",
        "resourceProviderName": {"value": "Microsoft.Compute"},
        "correlationId": "c-1",
    },
    "other": {
        "resourceId": "/subscriptions/s/resourceGroups/Data/providers/Microsoft.Storage/storageAccounts/a",
        "resourceGroupName": "Data",
        "resourceProviderName": {"value": "Microsoft.Storage"},
        "correlationId": "c-2",
    },
    "bare": {"caller": None},
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resourceGroupName", "web"),
        ("resourceUri", EVENTS["mine"]["resourceId"]),
        ("resourceProvider", "Microsoft.Compute"),
        ("correlationId", "c-1"),
    ],
)
async def test_one_field_beside_the_time_range_can_be_compared(client, cloud, field, value):
    at = cloud.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    cloud.publish(
        client.subscription, [{"eventDataId": name, "eventTimestamp": at, **rest} for name, rest in EVENTS.items()]
    )
    assert await client.ids(client.target(more=f" and {field} eq '{value}'")) == ["mine"]


async def test_an_event_is_not_shown_before_its_submission(client, cloud, clock):
    """Readable 3 to 20 minutes after the event: submissionTimestamp says when."""
    event = {
        "eventDataId": "late",
        "eventTimestamp": "2026-03-01T12:00:00.0000000Z",
        "submissionTimestamp": "2026-03-01T12:17:30.0000001Z",
    }
    cloud.publish(client.subscription, [event])
    clock.forward(minutes=17, seconds=30)
    assert await client.ids(client.target()) == []
    clock.forward(seconds=1)
    assert await client.ids(client.target()) == ["late"]


async def test_an_event_that_shows_up_while_paging_disturbs_no_other(client, cloud, clock, publish):
    oldest_first = publish(300)
    first = (await client.get(client.target())).body
    newer, older = clock.now - timedelta(minutes=1), clock.now - timedelta(hours=2)
    for name, at in (("newer", newer), ("older", older)):
        cloud.publish(client.subscription, [{"eventDataId": name, "eventTimestamp": f"{at:%Y-%m-%dT%H:%M:%S}Z"}])
    ids = [event["eventDataId"] for event in first["value"]] + await client.ids(first["nextLink"])
    assert ids == [*oldest_first[::-1], "older"]


async def test_a_start_more_than_90_days_ago_is_400_with_a_flat_body(client, clock):
    answer = await client.get(client.target(since=clock.now - timedelta(days=90, microseconds=1)))
    assert answer.status == 400
    assert answer.body == {
        "code": "BadRequest",
        "message": "The start time cannot be more than 90 days in the past.",
    }


async def test_a_start_exactly_90_days_ago_is_read(client, clock):
    assert (await client.get(client.target(since=clock.now - timedelta(days=90)))).status == 200


async def test_an_event_older_than_90_days_is_gone(client, cloud, clock, publish):
    publish(1)
    start = clock.now - timedelta(days=1)
    clock.forward(days=90)
    assert cloud.visible(client.subscription, start) == []


async def test_an_event_is_served_in_the_bytes_it_was_published_in(client, cloud):
    event = {"eventDataId": "e", "eventTimestamp": "2026-03-01T11:00:00Z", "level": None, "properties": {"ø": [1.0]}}
    cloud.publish(client.subscription, [event])
    assert (await client.get(client.target())).body["value"] == [event]
