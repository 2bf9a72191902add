"""Which time to read now: each poll re-reads a near overlap, a sweep an hour or more, a daily audit two days.

Events become readable minutes after they happened, sometimes later (learn.microsoft.com, "Azure Monitor activity
log"), and the filter knows only when they happened: what is late is found by reading again. How far back follows the
lags that were measured.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.collection.coverage import Coverage
from app.collection.lags import Lags
from app.connectors.base import CollectionConfig, Stream, Window

Tier = Literal["poll", "sweep", "audit", "backfill"]
LIVE_TIERS: tuple[Tier, ...] = ("poll", "sweep", "audit")

SWEEP_EVERY = timedelta(minutes=10)
AUDIT_EVERY = timedelta(hours=24)
# Twice the time between two audits: with less, an event that is late by hours falls between them.
AUDIT_WIDTH = timedelta(hours=48)
# A single odd record must not make every sweep read a day; what is later than this is found by the audit.
LONGEST_OVERLAP = timedelta(minutes=30)
LONGEST_SWEEP = timedelta(hours=6)
# Clocks differ: a start this close to the end of the retention may already be too old for the source.
RETENTION_MARGIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Widths:
    """How far a poll and a sweep read back, and the longest lag that they expect: what is later is for the audit."""

    overlap: timedelta
    sweep: timedelta
    longest_lag: timedelta


@dataclass(frozen=True)
class Reads:
    """When a window was read completely: for the first time, and last by a sweep and by an audit; None for never."""

    first: datetime | None = None
    sweep: datetime | None = None
    audit: datetime | None = None


@dataclass(frozen=True)
class Plan:
    """The window to read, and the time before it that can no longer be read (None when nothing is missing)."""

    tier: Tier
    window: Window
    gap: Window | None = None


def measured_widths(config: CollectionConfig, stream: Stream, lags: Lags) -> Widths:
    """Return the widths for the lags of the last days.

    The overlap follows their 95th percentile, the sweep twice the longest. The configuration says the least of each,
    and 0 turns it off.
    """
    overlap, sweep = timedelta(seconds=config.overlap_seconds), timedelta(minutes=config.sweep_minutes)
    return Widths(
        overlap=_between(overlap, lags.percentile(0.95), LONGEST_OVERLAP),
        sweep=_between(sweep, 2 * lags.longest, LONGEST_SWEEP),
        longest_lag=max(stream.latency, min(lags.longest, LONGEST_SWEEP)),
    )


def due_tier(config: CollectionConfig, reads: Reads, now: datetime) -> Tier:
    """Return what a poll should be now: an audit once a day, a sweep every ten minutes, else a plain poll.

    An audit is a sweep as well. `sweep_minutes: 0` turns both off, for those who want no more than the overlap.
    """
    if not config.sweep_minutes or reads.first is None:
        return "poll"
    audited = reads.audit or reads.first
    if now - audited >= AUDIT_EVERY:
        return "audit"
    swept = max(audited, reads.sweep or reads.first)
    return "sweep" if now - swept >= SWEEP_EVERY else "poll"


def oldest_readable(stream: Stream, now: datetime) -> datetime:
    """Return the earliest start that the source surely accepts."""
    return now - stream.retention + RETENTION_MARGIN


def plan_window(
    coverage: Coverage | None,
    widths: Widths,
    stream: Stream,
    now: datetime,
    tier: Tier = "poll",
    since: datetime | None = None,
) -> Plan:
    """Return the window that a poll of a tier reads, always up to now and never from later than the checkpoint.

    since: reads from there in any case. A sweep or audit also reads all that is not settled yet, however long a pause
    was; no tier reads from before the first window by itself. What the source no longer keeps is a gap.
    """
    oldest = oldest_readable(stream, now)
    if coverage is None or coverage.covered_until is None:
        start = min(since or now, now)
        return Plan(tier, Window(max(start, oldest), now), Window(start, oldest) if start < oldest else None)
    position = min(coverage.covered_until, now)
    start = min(position - widths.overlap, _wider_start(coverage, widths, now, tier), since or now)
    gap = Window(coverage.covered_until, oldest) if coverage.covered_until < oldest else None
    return Plan(tier, Window(max(start, oldest), now), gap)


def _wider_start(coverage: Coverage, widths: Widths, now: datetime, tier: Tier) -> datetime:
    if tier not in ("sweep", "audit"):
        return now
    width = AUDIT_WIDTH if tier == "audit" else widths.sweep
    return min(max(now - width, coverage.began), coverage.settled_until or now)


def _between(least: timedelta, measured: timedelta, most: timedelta) -> timedelta:
    return max(least, min(measured, most)) if least else least
