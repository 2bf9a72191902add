"""What time of a stream was read completely, what of it may still get late events, and what can never be read."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from app.connectors.base import Window

_A_TENTH = 0.1

GapReason = Literal["older_than_retention", "outage_longer_than_retention"]


@dataclass(frozen=True)
class Gap:
    """Time that was asked for and that the source no longer keeps; it stays in the ledger for ever."""

    window: Window
    reason: GapReason


@dataclass(frozen=True)
class Coverage:
    """The ledger of one stream: windows in order of time, disjoint.

    asked_since: where the time begins that somebody asked for. read: read completely. unsettled: read, and late events
    may still come there. gaps: not readable any more. missing: asked for, and neither read nor a gap.
    """

    asked_since: datetime
    read: tuple[Window, ...]
    unsettled: tuple[Window, ...] = ()
    gaps: tuple[Gap, ...] = ()
    missing: tuple[Window, ...] = ()

    @property
    def began(self) -> datetime:
        """Where the newest unbroken reading began."""
        return self.read[-1].since if self.read else self.asked_since

    @property
    def covered_until(self) -> datetime | None:
        """Up to where the stream was read; the checkpoint. None before the first complete read."""
        return self.read[-1].until if self.read else None

    @property
    def settled_until(self) -> datetime | None:
        """Up to where no late event is expected any more."""
        if not self.read or not self.unsettled:
            return self.covered_until
        return self.unsettled[0].since

    def was_read(self, moment: datetime) -> bool:
        """Whether a moment lies in what was read completely: an event of then that is new was late."""
        return any(window.since <= moment <= window.until for window in self.read)

    def read_in(self, window: Window) -> timedelta:
        """Return how much of a window's time was read completely."""
        shared = (min(read.until, window.until) - max(read.since, window.since) for read in self.read)
        return sum((time for time in shared if time > timedelta()), timedelta())


def settled_part(window: Window, read_at: datetime, longest_lag: timedelta) -> Window | None:
    """Return the part of a window that a complete read at `read_at` settles: what had time to become readable."""
    until = min(window.until, read_at - longest_lag)
    return Window(window.since, until) if until > window.since else None


def slices(window: Window, largest: timedelta) -> list[Window]:
    """Cut a window into equal parts, oldest first; each begins where the one before ends.

    They may be larger by a tenth, so that a day and some seconds stay one part.
    """
    width = window.until - window.since
    number = max(1, math.ceil(width / largest - _A_TENTH))
    ends = [window.since + place * width / number for place in range(number)] + [window.until]
    return [Window(since, until) for since, until in pairwise(ends)]
