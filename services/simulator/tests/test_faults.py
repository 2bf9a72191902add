"""Each injected fault does what it says, as often as it says, and then all is as before."""

import asyncio
import json
from itertools import chain

import aiohttp
import pytest
from yarl import URL

from simulator import faults


async def test_a_status_comes_with_code_message_and_headers(client, cloud):
    cloud.faults.add(faults.error("activity", 503, "ServerBusy", "Come back.", headers={"Retry-After": "7"}))
    answer = await client.get(client.target())
    assert (answer.status, answer.body) == (503, {"error": {"code": "ServerBusy", "message": "Come back."}})
    assert answer.headers["Retry-After"] == "7"
    assert (await client.get(client.target())).status == 200


async def test_an_error_body_can_be_flat(client, cloud):
    """Error bodies come as {"error":{"code","message"}} or flat {"code","message"}."""
    cloud.faults.add(faults.error("activity", 500, "Broken", "It broke.", flat=True))
    assert (await client.get(client.target())).body == {"code": "Broken", "message": "It broke."}


USUAL = [(408, "RequestTimeout"), (500, "InternalServerError"), (503, "ServiceUnavailable")]


@pytest.mark.parametrize(("status", "code"), USUAL)
async def test_a_status_alone_has_a_usual_code(client, cloud, status, code):
    cloud.faults.add(faults.error("any", status))
    answer = await client.get(client.target())
    assert (answer.status, answer.code) == (status, code)


async def test_a_provider_with_a_lower_limit_answers_429_too_many_requests(client, cloud):
    cloud.faults.add(faults.throttled(retry_after=3, count=2))
    for _ in range(2):
        answer = await client.get(client.target())
        assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "TooManyRequests", "3")
    assert (await client.get(client.target())).status == 200


async def test_a_fault_of_the_token_endpoint_has_its_body_shape(client, cloud):
    cloud.faults.add(faults.error("token", 503))
    answer = await client.ask_token()
    assert (answer.status, answer.body["error"]) == (503, "temporarily_unavailable")
    assert answer.body["error_codes"] == [90033]


async def test_a_fault_of_the_token_endpoint_can_be_any_aadsts_error(client, cloud):
    """An unknown tenant was invalid_request until 2023."""
    cloud.faults.add(faults.error("token", 400, "invalid_request", "AADSTS90002: Tenant 'x' not found."))
    body = (await client.ask_token()).body
    assert (body["error"], body["error_codes"]) == ("invalid_request", [90002])
    assert body["error_description"].startswith("AADSTS90002: Tenant 'x' not found. Trace ID: ")


async def test_a_fault_lets_others_and_the_skipped_through(client, cloud):
    cloud.faults.add(faults.error("activity", 500, skip=2))
    assert (await client.get(f"/subscriptions/{client.subscription}?api-version=2022-12-01")).status == 200
    assert [(await client.get(client.target())).status for _ in range(4)] == [200, 200, 500, 200]


async def test_faults_act_in_the_order_they_were_added(client, cloud):
    cloud.faults.add(faults.error("activity", 500), faults.error("any", 503), faults.error("activity", 408))
    assert [(await client.get(client.target())).status for _ in range(4)] == [500, 503, 408, 200]


async def test_a_fault_without_a_count_lasts_until_cleared(client, cloud):
    cloud.faults.add(faults.error("activity", 500, count=None))
    assert {(await client.get(client.target())).status for _ in range(5)} == {500}
    cloud.faults.clear()
    assert (await client.get(client.target())).status == 200


async def test_a_reset_connection_has_no_answer(client, cloud):
    cloud.faults.add(faults.reset(count=2))
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.get(client.target())
    assert {visit.status for visit in cloud.journal.of("activity")} == {None}


async def test_a_hanging_request_is_answered_after_its_time(client, cloud):
    cloud.faults.add(faults.hang(seconds=0.2))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.get(client.target()), 0.05)
    cloud.faults.add(faults.hang(seconds=0.01))
    assert (await client.get(client.target())).status == 200


async def test_a_dripping_body_comes_as_slowly_as_asked_and_is_whole(client, cloud, publish):
    publish(1)
    whole = (await client.get(client.target())).body
    cloud.faults.add(faults.drip(seconds=0.01, size=20))
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await client.get(client.target())).body == whole
    assert loop.time() - began > 0.01 * len(json.dumps(whole)) / 20 / 2


async def test_the_headers_of_a_dripping_body_come_at_once(client, cloud):
    cloud.faults.add(faults.drip(seconds=3600))
    url = URL(f"{client.server.resource_manager}{client.target()}", encoded=True)
    async with client.http.get(url, headers={"Authorization": f"Bearer {client.token}"}) as response:
        assert response.status == 200
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(response.read(), 0.05)


async def test_a_fault_of_one_subscription_lets_the_others_through(client, cloud):
    other = cloud.add_subscription(client.tenant)
    cloud.grant(client.app, other, "Reader")
    cloud.faults.add(faults.error("activity", 503, count=None, skip=1).only_of(client.subscription.upper()))
    here, there = client.target(), client.target().replace(client.subscription, other)
    assert [(await client.get(target)).status for target in (here, there, here, there, here)] == [
        200,
        200,
        503,
        200,
        503,
    ]


async def test_a_truncated_body_is_shorter_than_its_content_length(client, cloud, publish):
    publish(20)
    cloud.faults.add(faults.truncated())
    with pytest.raises(aiohttp.ClientPayloadError, match="Not enough data to satisfy content length"):
        await client.get(client.target())


async def test_malformed_json_cannot_be_read(client, cloud, publish):
    publish(1)
    cloud.faults.add(faults.malformed())
    with pytest.raises(json.JSONDecodeError):
        await client.get(client.target())


async def test_html_comes_with_its_content_type(client, cloud):
    cloud.faults.add(faults.html(status=502))
    with pytest.raises(aiohttp.ContentTypeError, match="text/html"):
        await client.get(client.target())


async def test_a_looping_link_leads_to_its_own_page(client, cloud, publish):
    publish(250)
    cloud.faults.add(faults.looping_link(skip=1))
    link = (await client.get(client.target())).body["nextLink"]
    assert (await client.get(link)).body["nextLink"] == link


async def test_a_foreign_link_leads_elsewhere_where_a_token_is_noticed(client, cloud, publish):
    publish(250)
    cloud.faults.add(faults.foreign_link())
    link = (await client.get(client.target())).body["nextLink"]
    assert link.startswith(f"{client.server.elsewhere}/subscriptions/")
    await client.get(link)
    assert [visit.authorized for visit in cloud.journal.of("elsewhere")] == [True]


async def test_a_foreign_link_can_lead_to_a_named_host(client, cloud):
    cloud.faults.add(faults.foreign_link("https://management.contoso.example"))
    link = (await client.get(client.target())).body["nextLink"]
    assert link.startswith("https://management.contoso.example/subscriptions/")


@pytest.mark.parametrize("skip", [0, 1])
async def test_a_duplicated_page_serves_its_events_twice_under_different_links(client, cloud, publish, skip):
    oldest_first = publish(500)
    cloud.faults.add(faults.duplicated_page(skip=skip))
    pages = await client.follow(client.target())
    served = [[event["eventDataId"] for event in page.body["value"]] for page in pages]
    assert served[skip] == served[skip + 1]
    assert len({page.body.get("nextLink") for page in pages}) == len(pages)
    del served[skip]
    assert list(chain.from_iterable(served)) == oldest_first[::-1]


async def test_empty_pages_repeat_and_then_the_events_come(client, cloud, publish):
    oldest_first = publish(3)
    cloud.faults.add(faults.empty_pages(4))
    pages = await client.follow(client.target())
    assert [len(page.body["value"]) for page in pages] == [0, 0, 0, 0, 3]
    assert len({page.body.get("nextLink") for page in pages}) == 5
    assert [event["eventDataId"] for event in pages[-1].body["value"]] == oldest_first[::-1]


async def test_a_token_can_expire_now(client, cloud):
    cloud.faults.add(faults.expired_token())
    assert (await client.get(client.target())).code == "ExpiredAuthenticationToken"
    assert (await client.get(client.target())).code == "ExpiredAuthenticationToken"
    await client.sign_in()
    assert (await client.get(client.target())).status == 200


async def test_a_fault_about_pages_waits_for_a_page(client, cloud):
    fault = faults.Fault("any", faults.Page("empty"))
    cloud.faults.add(fault)
    assert (await client.ask_token()).status == 200
    assert cloud.faults.pending == [fault]


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("activity:429:3", faults.throttled("activity", 2, count=3)),
        ("token:500:1", faults.error("token", 500)),
        ("activity:reset:1", faults.reset()),
        ("activity:hang", faults.hang()),
        ("activity:drip", faults.drip()),
        ("any:html:2", faults.html("any", count=2)),
        ("activity:loop", faults.looping_link()),
        ("permissions:403", faults.error("permissions", 403)),
    ],
)
def test_a_fault_can_be_written_in_a_word(spec, fault):
    assert faults.parse(spec) == fault


@pytest.mark.parametrize(
    "spec",
    ["", "activity", "mail:500", "activity:200", "activity:600", "activity:burn", "activity:500:0", "activity:500:x",
     "activity:500:1:1", "token:loop"],
)  # fmt: skip
def test_a_fault_that_makes_no_sense_is_explained(spec):
    with pytest.raises(ValueError, match=f"fault '{spec}'"):
        faults.parse(spec)
