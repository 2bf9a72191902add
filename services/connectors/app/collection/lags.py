"""How late a stream's events become readable: a histogram of `available_time - event_time`.

Azure says 3 to 20 minutes (learn.microsoft.com, "Azure Monitor activity log"); what a subscription really shows
decides how far polls and sweeps read back.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from app.events.event import Event

# Upper ends of the buckets in seconds, the last bucket is open. Fine where polls are, coarse where audits are.
BOUNDS = (
    *(5, 10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700),
    *(3600, 5400, 7200, 10_800, 21_600, 43_200, 86_400),
)
MEASURED_DAYS = 7


@dataclass(frozen=True)
class LagCount:
    """How many events of a day (UTC) fell into a bucket, and the longest lag among them in seconds."""

    day: date
    bucket: int
    events: int
    longest: float


@dataclass(frozen=True)
class Lags:
    """The histogram of some days: events in each bucket, and the longest lag."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    longest: timedelta = timedelta()

    @property
    def events(self) -> int:
        """How many events were measured."""
        return sum(self.counts)

    def percentile(self, share: float) -> timedelta:
        """Return the lag that this share of the events does not exceed, by its bucket's upper end."""
        needed, seen = share * self.events, 0
        for bucket, count in enumerate(self.counts[:-1]):
            seen += count
            if seen >= needed:
                return min(timedelta(seconds=BOUNDS[bucket]), self.longest)
        return self.longest

    @classmethod
    def of(cls, counted: Iterable[LagCount]) -> "Lags":
        """Return the histogram of counts."""
        counts, longest = [0] * (len(BOUNDS) + 1), 0.0
        for count in counted:
            counts[count.bucket] += count.events
            longest = max(longest, count.longest)
        return cls(tuple(counts), timedelta(seconds=longest))


def count_lags(events: Iterable[Event]) -> list[LagCount]:
    """Count the lags of events by day and bucket; events that do not say when they became readable are left out."""
    found: dict[tuple[date, int], list[float]] = {}
    for event in events:
        if event.available_time is not None:
            lag = max(0.0, (event.available_time - event.event_time).total_seconds())
            found.setdefault((event.event_time.date(), bisect_left(BOUNDS, lag)), []).append(lag)
    return [LagCount(*place, len(counted), max(counted)) for place, counted in found.items()]
