"""What hunts and samples find: hits, and what collects them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from app.detection.judging import Match
from app.events.event import Event

KEPT_EVENTS = 1_000


@dataclass
class Hit:
    """One finding: an operation that matched, a correlation's episode, or something seen first.

    event: the first of its events by time. event_ids: its events that matched, in the order of time.
    """

    event: Event
    event_ids: list[UUID]
    first_time: datetime
    last_time: datetime


class Findings(Protocol):
    """Takes matches in the order of their time. hits: the first findings, of KEPT_EVENTS events together or a few more.

    count: how many findings there are; events: how many events matched.
    """

    count: int
    events: int
    hits: list[Hit]

    def add(self, matches: Sequence[Match]) -> None:
        """Take the next matches, none of them earlier than those before."""

    def close(self) -> None:
        """Take notice that there are no more."""
