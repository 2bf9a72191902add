"""Correlations on the stream: matches are noted by group, and alerts follow what was seen around them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.judging import Match
from app.detection.rules import RuleSet
from app.storage.alerts import Written


async def correlate(connection: AsyncConnection, rules: RuleSet, matches: Sequence[Match], now: datetime) -> Written:
    """Note matches for the correlations that name their rules, and write the alerts that are due.

    In the transaction that stored the events of the matches, after the locks of their operations. The alerts are a
    function of what is stored: neither order nor batches nor other workers change them. Doing it again changes nothing.
    """
    raise NotImplementedError
