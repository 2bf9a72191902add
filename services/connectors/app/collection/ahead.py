"""Reading ahead: what comes while the caller works waits for it, and is then taken all at once."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

Item = TypeVar("Item")


async def gathered(items: AsyncIterator[Item], most: int) -> AsyncGenerator[list[Item], None]:
    """Yield the items in order, each time those that came while the caller worked: one or more, at most so many.

    So a slow source's items are handed on one by one, and a fast one's many at a time. The source is read `most` items
    ahead; an error of it comes after all that came before. Close it (`aclosing`) to stop the reading early.
    """
    waiting: list[Item] = []
    arrived, taken = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        async for item in items:
            waiting.append(item)
            arrived.set()
            if len(waiting) >= most:
                taken.clear()
                await taken.wait()

    reading = asyncio.create_task(read())
    reading.add_done_callback(lambda _: arrived.set())
    try:
        while waiting or not reading.done():
            await arrived.wait()
            arrived.clear()
            taken.set()
            if batch := waiting.copy():
                waiting.clear()
                yield batch
        await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
