"""The one source of time, so that tests can run days in milliseconds."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol, overload


class Clock(Protocol):
    """Tells the time and waits; times are aware and in UTC."""

    def now(self) -> datetime:
        """Return the wall-clock time."""

    def monotonic(self) -> float:
        """Return seconds that never go back, for durations."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the wall-clock time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """A clock that moves only when told to, or when somebody sleeps on it."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._now = start

    def now(self) -> datetime:
        """Return the time it was last moved to."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds it was moved by since it was made."""
        return (self._now - self._start).total_seconds()

    def advance(self, **parts: float) -> None:
        """Move on by a timedelta given as keywords: `advance(minutes=5)`."""
        self._now += timedelta(**parts)

    async def sleep(self, seconds: float) -> None:
        """Move on at once, letting other tasks run."""
        self._now += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@overload
def iso(moment: datetime) -> str: ...
@overload
def iso(moment: None) -> None: ...
@overload
def iso(moment: datetime | None) -> str | None: ...
def iso(moment: datetime | None) -> str | None:
    """Return a time as `2026-05-01T10:00:00.000000Z`, the one form in which facts are printed."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
