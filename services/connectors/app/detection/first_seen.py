"""First-seen rules on the stream: alerts for what a group shows for the first time in a timespan."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.judging import Match
from app.storage.alerts import Written


async def note_spans(connection: AsyncConnection, matches: Sequence[Match], now: datetime) -> Written:
    """Note the matches of rules with a first-seen condition (others are passed over), and write the alerts due.

    In the transaction that stored the events of the matches, after `correlate`. The alerts are a function of what is
    stored: a late event that is earlier moves an alert to itself, and takes back one that was not the first.
    """
    raise NotImplementedError
