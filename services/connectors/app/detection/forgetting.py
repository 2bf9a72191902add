"""Forgets what correlations and first-seen rules have seen once no source can bring an event that it matters for."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.rules import RuleSet
from app.storage.rule_failures import forget_failures
from app.storage.sightings import forget_sightings
from app.storage.spans import forget_spans

# So long the Activity Log is kept: nothing older than that is read from it (learn.microsoft.com, "Azure Monitor
# activity log").
_RETENTION = timedelta(days=90)
# A rule that failed and did not again for so long is no problem any more.
_FAILURES_KEPT = timedelta(days=30)


async def forget_old(connection: AsyncConnection, rules: RuleSet, now: datetime) -> int:
    """Delete what is about events older than the source's retention and the longest timespan of a rule together.

    What was told of rules that failed goes after 30 days. Returns how many rows it were. Alerts stay.
    """
    spans = [rule.timespan for rule in rules.correlations.values()]
    spans += [rule.first_seen.timespan for rule in rules.rules.values() if rule.first_seen]
    before = now - _RETENTION - max(spans, default=timedelta())
    failures = await forget_failures(connection, now - _FAILURES_KEPT)
    return failures + await forget_sightings(connection, before) + await forget_spans(connection, before)
