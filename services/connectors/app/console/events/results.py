"""What one search finds, as one reader goes through it, and what came in since."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.console.events.rows import Block, Blocks
from app.search.query import Search, When
from app.storage.search import count

_MOST_NEW = 1_000


class Results:
    """A search's events in their order. What comes in later is told, and does not move what is shown.

    text: the search as it was typed.
    """

    def __init__(self, text: str, search: Search, *, newest_first: bool) -> None:
        self.text = text
        self.search = search
        self.newest_first = newest_first
        self._blocks = Blocks(search, newest_first=newest_first)
        self._since: datetime | None = None
        self._known: int | None = None

    def turned(self) -> "Results":
        """Return the same in the other order."""
        return Results(self.text, self.search, newest_first=not self.newest_first)

    async def read(self, connection: AsyncConnection, number: int) -> Block:
        """Return a block of rows. Raises Retry (search_too_slow)."""
        block = await self._blocks.read(connection, number)
        if number == 0:
            self._since = block.last
        return block

    async def note(self, connection: AsyncConnection) -> None:
        """Note how many events there are now, once the first rows are read."""
        self._known = await self._number(connection)

    async def arrived(self, connection: AsyncConnection) -> int:
        """Return how many events came in since that was noted, as new as the first rows or newer."""
        return 0 if self._known is None else max(0, await self._number(connection) - self._known)

    async def _number(self, connection: AsyncConnection) -> int:
        bounds = [When("since", self._since.isoformat(), self._since)] if self._since else []
        return await count(connection, self.search.narrowed(*bounds), _MOST_NEW)


def new_words(number: int) -> str:
    """Return what the button says that shows them."""
    return "1 new event" if number == 1 else f"{number:,} new events"
