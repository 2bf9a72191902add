"""The allowance as its readers see it: what they leave, when they wait, and that they go on."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import VirtualClock
from app.errors import Retry
from app.microsoft.pace import BACKGROUND_RESERVE, LIVE_RESERVE, LONGEST_WAIT_SECONDS, Pace, Paces
from app.microsoft.problems import Caller

CALLER = Caller("tenant", "client", "subscription")
READS = "x-ms-ratelimit-remaining-subscription-reads"
RESOURCE_REQUESTS = "x-ms-ratelimit-remaining-subscription-resource-requests"


@pytest.fixture
def clock():
    return VirtualClock(datetime(2026, 5, 1, 12, 0, tzinfo=UTC))


@pytest.fixture
def pace(clock):
    return Pace(clock, CALLER)


async def ask(pace, status=200, *, background=False, **headers):
    """Make one request that is answered so."""
    async with pace.turn(background=background):
        pace.note(status, headers.get("headers", {}))


async def test_nobody_waits_while_no_answer_has_told_what_is_left(pace, clock):
    for _ in range(1000):
        await ask(pace)
    assert clock.monotonic() == 0


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "9" * 5000, "12, 11"])
async def test_a_header_that_is_no_number_tells_nothing(pace, clock, value):
    for _ in range(3):
        await ask(pace, headers={READS: value})
    assert clock.monotonic() == 0


async def test_a_full_bucket_holds_nobody_up(pace, clock):
    for _ in range(100):
        await ask(pace, headers={READS: "249"})
    assert clock.monotonic() == 0


@pytest.mark.parametrize(("left", "background", "seconds"), [(24, False, 0.04), (0, False, 1), (100, True, 1)])
async def test_what_is_below_the_reserve_is_waited_for_as_it_comes_back(pace, clock, left, background, seconds):
    await ask(pace, headers={READS: str(left)})
    await ask(pace, background=background)
    assert clock.monotonic() == pytest.approx(seconds, abs=0.05)


async def test_the_lower_of_both_headers_counts(pace, clock):
    await ask(pace, headers={READS: "249", RESOURCE_REQUESTS: "0"})
    await ask(pace)
    assert clock.monotonic() == pytest.approx(1)


async def test_a_bucket_larger_than_the_usual_is_used_as_far_as_it_was_seen(pace, clock):
    await ask(pace, headers={READS: "11999"})
    for _ in range(11_900):
        await ask(pace)
    assert clock.monotonic() == 0


@pytest.mark.parametrize(("told", "capacity"), [("0", 250), ("249", 250), ("11999", 11_999)])
async def test_no_more_comes_back_than_the_bucket_holds(pace, clock, told, capacity):
    await ask(pace, headers={READS: told})
    clock.advance(hours=1)
    assert pace.left == capacity


async def test_a_provider_with_a_small_limit_is_asked_slowly_and_for_ever(pace, clock):
    for _ in range(20):
        await ask(pace, background=True, headers={RESOURCE_REQUESTS: "8"})
    assert clock.monotonic() == pytest.approx(19 * (BACKGROUND_RESERVE - 8) / 25, abs=1)


async def test_an_answer_does_not_count_what_others_have_under_way(pace):
    async with pace.turn(), pace.turn(), pace.turn():
        pace.note(200, {READS: "100"})
        assert pace.left == 98
    assert pace.left == 98


async def test_a_request_that_breaks_is_under_way_no_longer(pace):
    with suppress(ConnectionError):
        async with pace.turn():
            raise ConnectionError
    await ask(pace, headers={READS: "100"})
    assert pace.left == 100


async def test_who_waits_in_the_background_stands_in_no_live_readers_way(pace, clock):
    await ask(pace, headers={READS: "30"})
    background = asyncio.create_task(ask(pace, background=True))
    await asyncio.sleep(0)
    before = clock.monotonic()
    await ask(pace)
    assert clock.monotonic() == before
    assert not background.done()
    await background


async def test_those_who_wait_are_served_in_the_order_in_which_they_came(pace):
    await ask(pace, headers={READS: "0"})
    served = []

    async def reader(number):
        await ask(pace)
        served.append(number)

    await asyncio.gather(*(reader(number) for number in range(10)))
    assert served == list(range(10))


async def test_after_a_429_nobody_asks_before_its_retry_after(pace, clock):
    await ask(pace, 429, headers={"Retry-After": "40"})
    await ask(pace)
    assert clock.monotonic() == pytest.approx(40, abs=0.05)


async def test_a_429_that_names_no_time_closes_nothing(pace, clock):
    await ask(pace, 429, headers={"Retry-After": "soon"})
    await ask(pace)
    assert clock.monotonic() == 0


async def test_an_earlier_retry_after_does_not_shorten_a_later_one(pace, clock):
    async with pace.turn(), pace.turn():
        pace.note(429, {"Retry-After": "50"})
        pace.note(429, {"Retry-After": "5"})
    await ask(pace)
    assert clock.monotonic() >= 50


async def test_a_wait_that_a_poll_cannot_sit_out_is_said_with_its_end(pace, clock):
    await ask(pace, 429, headers={"Retry-After": "900"})
    clock.advance(seconds=300)
    with pytest.raises(Retry, match=r"until 12:15:00 UTC") as refused:
        await ask(pace)
    assert refused.value.code == "throttled"
    assert refused.value.after == datetime(2026, 5, 1, 12, 15, tzinfo=UTC)
    assert clock.monotonic() == 300
    clock.advance(seconds=600)
    await ask(pace)


async def test_one_who_gives_up_waiting_holds_up_nobody(pace):
    await ask(pace, headers={READS: "0"})
    first, second = asyncio.create_task(ask(pace)), asyncio.create_task(ask(pace))
    await asyncio.sleep(0)
    first.cancel()
    await second


def test_subscription_app_and_resource_manager_have_allowances_of_their_own(clock):
    paces = Paces(clock)
    one = paces.of("https://arm", CALLER)
    assert paces.of("https://ARM", Caller("other tenant", "CLIENT", "Subscription")) is one
    others = [
        paces.of("https://arm.us", CALLER),
        paces.of("https://arm", Caller("tenant", "client 2", "subscription")),
        paces.of("https://arm", Caller("tenant", "client", "subscription 2")),
    ]
    assert len({id(pace) for pace in (one, *others)}) == 4


class Bucket:
    """Azure's side: refuses whoever asks early, as documented, and records that it had to."""

    def __init__(self, clock, capacity, refill):
        self.clock, self.capacity, self.refill = clock, capacity, refill
        self.left, self.seen, self.closed_until = float(capacity), 0.0, 0.0
        self.early = self.refused = 0

    def answer(self):
        now = self.clock.monotonic()
        self.left, self.seen = min(self.capacity, self.left + (now - self.seen) * self.refill), now
        if now < self.closed_until - 1e-6:
            self.early += 1
        elif self.left >= 1:
            self.left -= 1
            return 200, {READS: str(int(self.left))}
        self.refused += 1
        self.closed_until = max(self.closed_until, now + 10)
        return 429, {READS: "0", "Retry-After": "10"}

    def spend(self, number):
        """Another tool with the same app reads."""
        self.left = max(0.0, self.left - number)


reads = st.lists(
    st.tuples(
        st.booleans(),  # in the background
        st.sampled_from([0, 0, 0, 0.01, 0.5, 20]),  # seconds before it
        st.sampled_from([0, 0, 0, 5, 60, 300]),  # what another tool reads in them
    ),
    min_size=1,
    max_size=60,
)
buckets = st.tuples(st.sampled_from([40, 100, 250, 12_000]), st.sampled_from([2, 5, 25, 100]))


@settings(max_examples=200, deadline=None)
@given(buckets, reads)
async def test_no_reader_goes_below_its_reserve_nor_asks_before_retry_after_and_each_goes_on(bucket, reads):
    clock = VirtualClock(datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
    pace, azure = Pace(clock, CALLER), Bucket(clock, *bucket)
    for background, seconds, elsewhere in reads:
        clock.advance(seconds=seconds)
        azure.spend(elsewhere)
        async with pace.turn(background=background):
            reserve = BACKGROUND_RESERVE if background else LIVE_RESERVE
            assert pace.left + 1 >= reserve - 1e-6
            pace.note(*azure.answer())
    assert azure.early == 0


@settings(max_examples=50, deadline=None)
@given(buckets, st.integers(min_value=1, max_value=8), st.booleans())
async def test_readers_that_have_the_bucket_to_themselves_are_never_refused(bucket, readers, background):
    clock = VirtualClock(datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
    pace, azure = Pace(clock, CALLER), Bucket(clock, *bucket)

    async def read():
        for _ in range(400 // readers):
            async with pace.turn(background=background):
                await asyncio.sleep(0)
                pace.note(*azure.answer())

    await asyncio.gather(*(read() for _ in range(readers)))
    assert azure.refused == 0


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=LONGEST_WAIT_SECONDS), st.booleans())
async def test_everyone_goes_on_after_a_retry_after(seconds, background):
    clock = VirtualClock(datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
    pace = Pace(clock, CALLER)
    await ask(pace, 429, headers={"Retry-After": str(seconds), READS: "0"})
    await ask(pace, background=background)
    assert seconds <= clock.monotonic() <= seconds + BACKGROUND_RESERVE / 25 + 1
