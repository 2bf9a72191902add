"""Judging stored history by one rule: what it would have found, and on request the alerts that it would have made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.clock import iso
from app.detection.rules import Rule
from app.events.event import Event
from app.service import Service

KEPT_EVENTS = 1_000


@dataclass(frozen=True)
class Hit:
    """One finding: an operation that matched, a correlation's episode, or something seen first.

    event: the first of its events by time. event_ids: all its events that matched, in the order of time.
    """

    event: Event
    event_ids: tuple[UUID, ...]
    first_time: datetime
    last_time: datetime


@dataclass
class HuntResult:
    """What a hunt did so far.

    events_total: the events of the time whose operation the rule can match at all; events_judged: how many of them were
    judged; events_matched: how many matched; matches: the findings these are (operations, episodes, or things seen
    first). hits: the first of them, with KEPT_EVENTS events together at most.
    """

    rule_id: str
    rule_title: str
    since: datetime
    until: datetime
    events_total: int = 0
    events_judged: int = 0
    events_matched: int = 0
    matches: int = 0
    alerts_added: int = 0
    hits: list[Hit] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return the result as JSON-ready facts; event_ids are those of the hits, in their order."""
        ids = [str(each) for hit in self.hits for each in hit.event_ids][:KEPT_EVENTS]
        facts = {name: value for name, value in vars(self).items() if name != "hits"}
        return facts | {"since": iso(self.since), "until": iso(self.until), "event_ids": ids}


async def hunt(
    service: Service,
    rule: Rule,
    since: datetime,
    until: datetime,
    on_progress: Callable[[HuntResult], None],
    *,
    make_alerts: bool = False,
) -> HuntResult:
    """Judge the stored events of a time by a rule; return what was found.

    on_progress: called after each batch with the result so far, which goes on changing. make_alerts: write the alerts
    that the rule would have made live; those that exist already stay as they are. Raises
    InvalidInput (since_not_before_until).
    """
    raise NotImplementedError
