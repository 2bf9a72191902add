"""Which time to read now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.connectors.base import CollectionConfig, Stream, Window

# Clocks differ: a start this close to the end of the retention may already be too old for the source.
_RETENTION_MARGIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Plan:
    """The window to read, and the time before it that can no longer be read (None when nothing is missing)."""

    window: Window
    gap: Window | None = None


def plan_window(checkpoint: datetime | None, config: CollectionConfig, stream: Stream, now: datetime) -> Plan:
    """Return the window from the checkpoint, less the overlap for late events, until now.

    Without a checkpoint it begins `initial_lookback_hours` ago. What the source no longer keeps is a gap.
    """
    oldest = now - stream.retention + _RETENTION_MARGIN
    if checkpoint is None:
        since = now - timedelta(hours=config.initial_lookback_hours)
        return Plan(Window(max(since, oldest), now))
    since = min(checkpoint, now) - timedelta(seconds=config.overlap_seconds)
    gap = Window(checkpoint, oldest) if checkpoint < oldest else None
    return Plan(Window(max(since, oldest), now), gap)
