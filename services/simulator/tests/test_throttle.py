"""ARM's read limits, from the page "Understand how Azure Resource Manager throttles requests"."""

import pytest

REMAINING = "x-ms-ratelimit-remaining-subscription-reads"


@pytest.fixture
def small(cloud):
    """Three reads, one comes back every two seconds."""
    cloud.throttle.capacity, cloud.throttle.refill_per_second = 3, 0.5
    return cloud.throttle


def test_the_bucket_holds_250_reads_and_25_come_back_a_second(cloud):
    assert (cloud.throttle.capacity, cloud.throttle.refill_per_second) == (250, 25)


async def test_each_answer_tells_what_is_left(client):
    left = [int((await client.get(client.target())).headers[REMAINING]) for _ in range(3)]
    assert left == [249, 248, 247]


async def test_a_refusal_tells_what_is_left_too(stranger):
    await stranger.sign_in()
    answer = await stranger.get(stranger.target())
    assert (answer.status, answer.headers[REMAINING]) == (403, "249")


@pytest.mark.usefixtures("small")
async def test_an_empty_bucket_is_429_with_retry_after_in_whole_seconds(client):
    for _ in range(3):
        assert (await client.get(client.target())).status == 200
    answer = await client.get(client.target())
    assert (answer.status, answer.code) == (429, "SubscriptionRequestsThrottled")
    assert answer.headers["Retry-After"] == "10"
    assert answer.body["error"]["message"] == (
        f"Number of 'read' requests for subscription '{client.subscription}' actor '{client.app.object_id}' exceeded. "
        "Please try again after '10' seconds."
    )


@pytest.mark.usefixtures("small")
async def test_asking_earlier_than_retry_after_is_refused_again(client, clock):
    for _ in range(4):
        await client.get(client.target())
    clock.forward(seconds=9.5)
    early = await client.get(client.target())
    assert (early.status, early.headers["Retry-After"]) == (429, "1")
    clock.forward(seconds=0.5)
    assert (await client.get(client.target())).status == 200


@pytest.mark.usefixtures("small")
async def test_reads_come_back_as_time_passes(client, clock):
    for _ in range(3):
        await client.get(client.target())
    clock.forward(seconds=4)
    assert (await client.get(client.target())).headers[REMAINING] == "1"


@pytest.mark.usefixtures("small")
async def test_another_app_has_a_bucket_of_its_own(client, cloud):
    for _ in range(4):
        answer = await client.get(client.target())
    assert answer.status == 429
    client.app = cloud.add_app(client.tenant)
    cloud.grant(client.app, client.subscription, "Reader")
    await client.sign_in()
    assert (await client.get(client.target())).status == 200


@pytest.mark.usefixtures("small")
async def test_another_subscription_has_a_bucket_of_its_own(client, cloud):
    for _ in range(4):
        await client.get(client.target())
    client.subscription = cloud.add_subscription(client.tenant)
    cloud.grant(client.app, client.subscription, "Reader")
    assert (await client.get(client.target())).status == 200


async def test_the_limit_can_be_switched_off_for_benchmarks(client, small):
    small.enabled = False
    assert {(await client.get(client.target())).status for _ in range(10)} == {200}
