"""Which time to read now: each poll re-reads a near overlap, a sweep an hour, a daily audit two days.

Events become readable minutes after they happened, sometimes later (learn.microsoft.com, "Azure Monitor activity
log"), and the filter knows only when they happened: what is late is found by reading again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.connectors.base import CollectionConfig, Stream, Window

Tier = Literal["poll", "sweep", "audit"]

SWEEP_EVERY = timedelta(minutes=10)
AUDIT_EVERY = timedelta(hours=24)
# Twice the time between two audits: with less, an event that is late by hours falls between them.
AUDIT_WIDTH = timedelta(hours=48)
# Clocks differ: a start this close to the end of the retention may already be too old for the source.
_RETENTION_MARGIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Progress:
    """How far a stream is: where its reading began, and up to where it is complete."""

    began: datetime
    position: datetime


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


def plan_window(
    progress: Progress | None,
    config: CollectionConfig,
    stream: Stream,
    now: datetime,
    tier: Tier = "poll",
    since: datetime | None = None,
) -> Plan:
    """Return the window that a poll of a tier reads, always up to now and never from later than the checkpoint.

    since: reads from there in any case. Without progress it begins `initial_lookback_hours` ago; no tier reads from
    before the first window by itself. What the source no longer keeps is a gap.
    """
    oldest = now - stream.retention + _RETENTION_MARGIN
    if progress is None:
        start = since or now - timedelta(hours=config.initial_lookback_hours)
        return Plan(tier, Window(max(start, oldest), now))
    position = min(progress.position, now)
    wider = max(now - _width(tier, config), progress.began)
    start = min(position - timedelta(seconds=config.overlap_seconds), wider, since or now)
    gap = Window(progress.position, oldest) if progress.position < oldest else None
    return Plan(tier, Window(max(start, oldest), now), gap)


def _width(tier: Tier, config: CollectionConfig) -> timedelta:
    if tier == "audit":
        return AUDIT_WIDTH
    return timedelta(minutes=config.sweep_minutes) if tier == "sweep" else timedelta()
