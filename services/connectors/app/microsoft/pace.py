"""The reading allowance of an app on a subscription: asking slows down before Azure throttles it, and stops when told.

Source of the numbers: learn.microsoft.com, "Understand how Azure Resource Manager throttles requests": a bucket of 250
reads for each region, subscription and principal, into which 25 come back a second (fewer for a free subscription, and
where a provider has a limit of its own). Each answer tells what is left; asking before a 429's Retry-After is in vain.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from app.clock import Clock
from app.microsoft.problems import Caller, retry_after, throttled

# A longer Retry-After ends the poll, which is resumed then: a worker's place is not kept for minutes.
LONGEST_WAIT_SECONDS = 60
# What live reads leave in the bucket, and what a backfill leaves for them: it is slow long before it harms them.
LIVE_RESERVE = 25
BACKGROUND_RESERVE = 125
_CAPACITY = 250
_REFILL_PER_SECOND = 25
# The second stands in for the first where a provider has a limit of its own.
_REMAINING = ("x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-subscription-resource-requests")
_LONGEST_NUMBER = 9
# One read comes back in the shortest; an answer that knows better is heeded within the longest.
_SHORTEST_STEP_SECONDS = 1 / _REFILL_PER_SECOND
_LONGEST_STEP_SECONDS = 1.0


class Pace:
    """One allowance, shared by all that read with the same app from the same subscription in this process.

    Nobody waits until an answer has told what is left. The nearer that is to the reserve's end, the longer the wait:
    readers settle at the rate at which reads really come back, also where that is not 25 a second.
    """

    def __init__(self, clock: Clock, caller: Caller) -> None:
        self._clock = clock
        self._caller = caller
        self._left = math.inf
        self._counted_at = clock.monotonic()
        self._closed_until = -math.inf
        self._under_way = 0
        # A line each: a backfill that waits stands in no live reader's way.
        self._live_line, self._background_line = asyncio.Lock(), asyncio.Lock()

    @property
    def left(self) -> float:
        """How many reads are left by the last answer, what was asked since and what came back; infinite until told."""
        now = self._clock.monotonic()
        if self._left < _CAPACITY:  # a larger bucket is known by its answers alone
            self._left = min(_CAPACITY, self._left + (now - self._counted_at) * _REFILL_PER_SECOND)
        self._counted_at = now
        return self._left

    @asynccontextmanager
    async def turn(self, *, background: bool = False) -> AsyncIterator[None]:
        """Wait for the turn to make one request, which the block makes; first come, first served.

        Raises Retry (throttled) when Azure asked for a longer wait than a poll can sit out.
        """
        line, reserve = (self._background_line, BACKGROUND_RESERVE) if background else (self._live_line, LIVE_RESERVE)
        async with line:
            while (wait := self._wait(reserve)) > 0:
                await self._clock.sleep(min(max(wait, _SHORTEST_STEP_SECONDS), _LONGEST_STEP_SECONDS))
            self._left -= 1
            self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer, within its turn. Others' requests under way may not be counted in it yet."""
        told = [int(value) for value in map(headers.get, _REMAINING) if value and _is_count(value)]
        if told:
            self._left, self._counted_at = min(told) - (self._under_way - 1), self._clock.monotonic()
        if status == 429:
            self._close(headers)

    def _close(self, headers: Mapping[str, str]) -> None:
        now = self._clock.now()
        after = retry_after(headers, now)
        if after is not None:
            until = self._clock.monotonic() + (after - now).total_seconds()
            self._closed_until = max(self._closed_until, until)

    def _wait(self, reserve: int) -> float:
        """Return the seconds until the next may ask, as far as is known now."""
        closed = self._closed_until - self._clock.monotonic()
        if closed > LONGEST_WAIT_SECONDS:
            raise throttled(self._caller, self._clock.now() + timedelta(seconds=closed))
        return max(closed, (reserve - self.left) / _REFILL_PER_SECOND)


class Paces:
    """The allowances of this process: one for each resource manager, subscription and app."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._paces: dict[tuple[str, str, str], Pace] = {}

    def of(self, resource_manager: str, caller: Caller) -> Pace:
        """Return the allowance of a caller, the same for each who asks."""
        key = (resource_manager.lower(), caller.subscription_id.lower(), caller.client_id.lower())
        return self._paces.setdefault(key, Pace(self._clock, caller))


def _is_count(value: str) -> bool:
    return value.isdecimal() and len(value) <= _LONGEST_NUMBER
