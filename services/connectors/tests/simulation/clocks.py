"""Clocks that differ, as the clocks of hosts do."""

from datetime import datetime, timedelta

from app.clock import VirtualClock


class SkewedClock:
    """A host's clock, wrong by `offset` from the story's true time."""

    def __init__(self, true: VirtualClock, offset: timedelta) -> None:
        self._true = true
        self.offset = offset

    def now(self) -> datetime:
        return self._true.now() + self.offset

    def monotonic(self) -> float:
        return self._true.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._true.sleep(seconds)
