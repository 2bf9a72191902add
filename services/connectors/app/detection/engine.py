"""From newly stored events to alerts, in the transaction that stores them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.judging import OnFailure
from app.detection.rules import RuleSet
from app.events.event import Event


@dataclass(frozen=True)
class Detected:
    """What detection did. candidates: events that some rule could match; alerts: how many are new."""

    candidates: int = 0
    alerts: int = 0


async def detect(
    connection: AsyncConnection,
    rules: RuleSet,
    stored: Sequence[tuple[Event, bytes]],
    label: str,
    now: datetime,
    on_failure: OnFailure | None = None,
) -> Detected:
    """Judge stored events and write their alerts; in the transaction that stored them, or later for stored history.

    label: the connector that brought them. Doing it again changes nothing: alerts are a function of what is stored.
    on_failure: told of a rule that raised, whose match does not count; without it the error is raised.
    """
    raise NotImplementedError
