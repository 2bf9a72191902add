import asyncio

import pytest

from app.collection.ahead import one_ahead


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


async def test_items_come_in_order_and_all_of_them():
    assert [item async for item in one_ahead(aiter(Source([1, 2, 3])))] == [1, 2, 3]


async def test_an_empty_source_is_empty():
    assert [item async for item in one_ahead(aiter(Source([])))] == []


async def test_the_next_item_is_fetched_while_the_caller_works():
    source = Source([1, 2, 3])
    async for item in one_ahead(aiter(source)):
        for _ in range(5):
            await asyncio.sleep(0)
        assert source.asked == min(item + 1, 3)


async def test_an_error_comes_after_all_that_came_before_it():
    seen = []

    async def read():
        async for item in one_ahead(aiter(Source([1, 2], ValueError("broken")))):
            seen.append(item)  # noqa: PERF401

    with pytest.raises(ValueError, match="broken"):
        await read()
    assert seen == [1, 2]


async def test_leaving_early_stops_the_fetching_without_a_trace():
    source = Source([1, 2, 3])
    pages = one_ahead(aiter(source))
    assert await anext(pages) == 1
    await pages.aclose()
    assert source.asked <= 2
