"""Metrics for Prometheus: what the database knows of all hosts' work, and how long this process's requests took."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from app.api.detection_metrics import Detections
from app.api.measured import Durations
from app.collection.totals import Stand, Summary, Totals
from app.service import Service
from app.storage.alert_totals import read_alert_totals

STATES = ("healthy", "behind", "failing", "paused")
_QUANTILES = (0.5, 0.95, 1.0)
# Each counter of the history of polls, with its column.
_COUNTERS = (
    ("aisoc_source_requests", "requests", "Reads of the source, without retries."),
    ("aisoc_events_read", "events_read", "Records received."),
    ("aisoc_events_added", "events_added", "Events stored, each once."),
    ("aisoc_events_duplicate", "events_duplicate", "Records of events that were stored already."),
    ("aisoc_events_quarantined", "events_quarantined", "Records that could not be understood."),
    ("aisoc_late_recovered", "late_recovered", "Events added to a time that was read completely before."),
)


class Metrics:
    """What /metrics tells."""

    def __init__(self, version: str) -> None:
        self.durations = Durations()
        self._summary = Summary()
        self._version = version

    async def written(self, service: Service) -> bytes:
        """Return all metrics in Prometheus' text format."""
        now = service.clock.now()
        async with service.engine.connect() as connection:
            totals = await self._summary.read(connection, now)
            detections = Detections(await read_alert_totals(connection), await service.rules.current(connection))
        stored = CollectorRegistry()
        stored.register(_Stored(totals, detections, now, self._version))
        return generate_latest(stored) + generate_latest(self.durations.registry)


class _Stored(Collector):
    """What the database knew when it was asked."""

    def __init__(self, totals: Totals, detections: Detections, now: datetime, version: str) -> None:
        self._totals = totals
        self._detections = detections
        self._now = now
        self._version = version
        self._names = {stand.row.id: stand.row.name for stand in totals.stands}

    def collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("aisoc_info", "1, with the version.", labels=("version",))
        info.add_metric((self._version,), 1)
        yield info
        yield from self._polls()
        yield from _health(self._totals.stands, self._now)
        yield _lags(self._totals.stands)
        readings = GaugeMetricFamily("aisoc_readings", "Readings that somebody asked for.", labels=("kind", "state"))
        for labels, number in sorted(self._totals.readings.items()):
            readings.add_metric(labels, number)
        yield readings
        yield GaugeMetricFamily("aisoc_quarantine_records", "Records in quarantine now.", self._totals.quarantined)
        yield from self._detections.collect()

    def _polls(self) -> Iterator[Metric]:
        polls = CounterMetricFamily(
            "aisoc_polls", "Reads that ended, by outcome.", labels=("connector", "tier", "outcome")
        )
        for (connector_id, tier, outcome), sums in self._totals.polls.items():
            polls.add_metric((self._names[connector_id], tier, outcome), sums["polls"])
        yield polls
        for name, column, text in _COUNTERS:
            counter = CounterMetricFamily(name, text, labels=("connector", "tier"))
            for labels, number in self._by_tier(column).items():
                counter.add_metric(labels, number)
            yield counter

    def _by_tier(self, column: str) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for (connector_id, tier, _), sums in self._totals.polls.items():
            labels = (self._names[connector_id], tier)
            found[labels] = found.get(labels, 0) + sums[column]
        return found


def _health(stands: Iterable[Stand], now: datetime) -> Iterator[Metric]:
    state = GaugeMetricFamily("aisoc_connector_state", "1 for the state of its health.", labels=("connector", "state"))
    age = GaugeMetricFamily("aisoc_coverage_age_seconds", "Time since what was read completely.", labels=("connector",))
    held = GaugeMetricFamily(
        "aisoc_throttled_seconds", "Time for which the source asked not to be asked.", labels=("connector",)
    )
    for stand in stands:
        name, until = stand.row.name, stand.row.throttled_until
        for one in STATES:
            state.add_metric((name, one), float(stand.health.state == one))
        age.add_metric((name,), stand.health.behind.total_seconds())
        held.add_metric((name,), max(0.0, (until - now).total_seconds()) if until else 0.0)
    yield from (state, age, held)


def _lags(stands: Iterable[Stand]) -> Metric:
    lags = GaugeMetricFamily(
        "aisoc_event_lag_seconds",
        "Lag that this share of the last seven days' events does not exceed.",
        labels=("connector", "quantile"),
    )
    for stand in stands:
        if stand.lags.events:
            for share in _QUANTILES:
                seconds = stand.lags.percentile(share).total_seconds()
                lags.add_metric((stand.row.name, f"{share:g}"), seconds)
    return lags
