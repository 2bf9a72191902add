import asyncio
from contextlib import aclosing

import pytest

from app.collection.ahead import gathered


class Source:
    """Yields numbers and notes how far it was asked."""

    def __init__(self, items, error=None):
        self.items, self.error, self.asked, self.closed = items, error, 0, False

    async def __aiter__(self):
        try:
            for item in self.items:
                self.asked += 1
                await asyncio.sleep(0)
                yield item
            if self.error:
                raise self.error
        finally:
            self.closed = True


async def read(source, most=9, work=0):
    """Return the batches that came, working so many turns of the loop on each."""
    batches = []
    async for batch in gathered(aiter(source), most):
        batches.append(batch)
        for _ in range(work):
            await asyncio.sleep(0)
    return batches


@pytest.mark.parametrize("work", [0, 1, 7, 50])
@pytest.mark.parametrize("most", [1, 2, 9])
async def test_items_come_in_order_and_all_of_them(most, work):
    batches = await read(Source(range(20)), most, work)
    assert [item for batch in batches for item in batch] == list(range(20))
    assert all(0 < len(batch) <= most for batch in batches)


async def test_an_empty_source_is_empty():
    assert await read(Source([])) == []


async def test_a_fast_caller_gets_each_item_as_it_comes():
    assert await read(Source([1, 2, 3])) == [[1], [2], [3]]


async def test_a_slow_caller_gets_all_that_came_meanwhile():
    assert await read(Source(range(8)), most=5, work=50) == [[0], [1, 2, 3, 4, 5], [6, 7]]


async def test_the_source_is_read_no_further_ahead_than_allowed():
    source = Source(range(20))
    async with aclosing(gathered(aiter(source), 3)) as batches:
        assert await anext(batches) == [0]
        for _ in range(50):
            await asyncio.sleep(0)
        assert source.asked == 4


@pytest.mark.parametrize("work", [0, 50])
async def test_an_error_comes_after_all_that_came_before_it(work):
    seen = []

    async def read_all():
        async for batch in gathered(aiter(Source([1, 2], ValueError("broken"))), 9):
            seen.extend(batch)
            for _ in range(work):
                await asyncio.sleep(0)

    with pytest.raises(ValueError, match="broken"):
        await read_all()
    assert seen == [1, 2]


async def test_leaving_early_stops_the_reading_without_a_trace():
    source = Source(range(20))
    batches = gathered(aiter(source), 3)
    assert await anext(batches) == [0]
    await batches.aclose()
    assert source.asked <= 2
    assert source.closed
