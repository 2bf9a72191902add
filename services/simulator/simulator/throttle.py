"""ARM's read limits: a token bucket for each subscription and principal.

Source: Microsoft's page "Understand how Azure Resource Manager throttles requests": 250 reads, 25 a second come back,
`x-ms-ratelimit-remaining-subscription-reads` on each answer, 429 with `Retry-After` when the bucket is empty, and a
request made before that time is not processed.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class _Bucket:
    left: float
    seen: datetime
    closed_until: datetime


@dataclass(frozen=True)
class Verdict:
    """`retry_after` is whole seconds when the request is refused, else None."""

    remaining: int
    retry_after: int | None = None


@dataclass
class Throttle:
    """Settings and buckets. A test may change the settings at any time; `enabled = False` lets everything through."""

    capacity: int = 250
    refill_per_second: float = 25.0
    retry_after: int = 10
    enabled: bool = True
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict, repr=False)

    def spend(self, scope: str, principal: str, now: datetime) -> Verdict:
        """Take one read from the bucket of this scope and principal."""
        if not self.enabled:
            return Verdict(self.capacity)
        bucket = self._buckets.setdefault((scope, principal), _Bucket(self.capacity, now, now))
        if now < bucket.closed_until:
            return Verdict(0, _seconds(bucket.closed_until - now))
        self._refill(bucket, now)
        if bucket.left < 1:
            bucket.closed_until = now + timedelta(seconds=self.retry_after)
            return Verdict(0, self.retry_after)
        bucket.left -= 1
        return Verdict(int(bucket.left))

    def _refill(self, bucket: _Bucket, now: datetime) -> None:
        back = max(0.0, (now - bucket.seen).total_seconds()) * self.refill_per_second
        bucket.left, bucket.seen = min(float(self.capacity), bucket.left + back), now


def _seconds(left: timedelta) -> int:
    return max(1, math.ceil(left.total_seconds()))
