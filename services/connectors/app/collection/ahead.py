"""Reading ahead: the next page is on its way while this one is stored."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

Item = TypeVar("Item")


async def one_ahead(items: AsyncIterator[Item]) -> AsyncGenerator[Item, None]:
    """Yield the items in order, fetching one while the caller works on the one before.

    An error of the source comes in its item's place. Close it (`aclosing`) to stop the fetching early.
    """
    following = asyncio.ensure_future(anext(items))
    try:
        while True:
            try:
                item = await following
            except StopAsyncIteration:
                return
            following = asyncio.ensure_future(anext(items))
            yield item
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
