"""Metrics of detections: alerts by severity, the rules in force, hunts."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from app.detection.rules import ActiveRules
from app.events.event import Severity
from app.storage.alert_filter import OPEN
from app.storage.alert_totals import AlertTotals


@dataclass(frozen=True)
class Detections:
    """What metrics tell of detections: what the database knows of all hosts' work, and this process's rules."""

    totals: AlertTotals
    rules: ActiveRules

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; severities without alerts are told as 0, so that the first one is an increase."""
        made = CounterMetricFamily("aisoc_alerts", "Alerts made.", labels=("severity",))
        waiting = GaugeMetricFamily("aisoc_alerts_open", "Alerts in the queue now.", labels=("severity", "status"))
        for severity in Severity:
            made.add_metric((severity.value,), self.totals.made.get(severity.value, 0))
            for status in OPEN:
                waiting.add_metric((severity.value, status), self.totals.waiting.get((severity.value, status), 0))
        yield from (made, waiting, self._rules())
        yield GaugeMetricFamily(
            "aisoc_rule_problems", "Rules and files of them that cannot be used.", len(self.rules.problems)
        )
        hunts = GaugeMetricFamily("aisoc_hunts", "Hunts that somebody asked for.", labels=("state",))
        for state, number in sorted(self.totals.hunts.items()):
            hunts.add_metric((state,), number)
        yield hunts

    def _rules(self) -> Metric:
        known = self.rules.rules.keys() | self.rules.correlations.keys()
        off = len(self.rules.off & known)
        rules = GaugeMetricFamily("aisoc_rules", "Rules that can be used.", labels=("state",))
        rules.add_metric(("on",), len(known) - off)
        rules.add_metric(("off",), off)
        return rules
