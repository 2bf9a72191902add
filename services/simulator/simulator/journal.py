"""What reached the simulated cloud, so that a test can say what a client did and did not send."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Visit:
    """One request. `status` is None where no status was sent (a reset connection); `target` is as sent."""

    time: datetime
    kind: str
    method: str
    target: str
    authorized: bool
    status: int | None


class Journal:
    """The newest `limit` visits, oldest first."""

    def __init__(self, limit: int = 10_000) -> None:
        self._visits: deque[Visit] = deque(maxlen=limit)

    def add(self, visit: Visit) -> None:
        self._visits.append(visit)

    def of(self, kind: str) -> list[Visit]:
        """List the visits of a kind: token, openid, activity, subscription, permissions, elsewhere or other."""
        return [visit for visit in list(self._visits) if visit.kind == kind]

    def clear(self) -> None:
        self._visits.clear()

    def __iter__(self) -> Iterator[Visit]:
        return iter(list(self._visits))

    def __len__(self) -> int:
        return len(self._visits)
