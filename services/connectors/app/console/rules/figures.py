"""What the pages on rules read: all rules with what they found, and one rule with its alerts and hunts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.detection.alerts import list_alerts
from app.detection.hunts import list_hunts
from app.detection.rule_views import RuleView, list_rules
from app.detection.rules import Problem, Rule
from app.service import Service
from app.storage.alert_filter import STATUSES, AlertFilter
from app.storage.alert_queries import AlertRow
from app.storage.hunts import HuntRow
from app.storage.rule_hits import Days, counted, hits_by_day

_ALERTS = 8
_HUNTS = 5


@dataclass(frozen=True)
class Listed:
    """A rule of the list. days: its alerts on each of the last 30 days, today's last."""

    rule: Rule
    on: bool
    waiting: int
    days: tuple[int, ...]

    @property
    def hits(self) -> int:
        """How many alerts of the last 30 days."""
        return sum(self.days)


@dataclass(frozen=True)
class Rules:
    """All rules, the most severe first, those of one severity by title; and what could not be read."""

    listed: tuple[Listed, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class OneRule:
    """What a rule's page shows. titles: of all rules by id; served: the correlations that count its matches."""

    now: datetime
    each: Listed
    titles: Mapping[str, str]
    served: tuple[Rule, ...]
    alerts: tuple[AlertRow, ...]
    hunts: tuple[HuntRow, ...]


async def read_rules_page(service: Service) -> Rules:
    """Read all rules with what they found."""
    now, told = service.clock.now(), await list_rules(service)
    async with service.engine.connect() as connection:
        days = await hits_by_day(connection, now)
    listed = [_listed(view, days.get(view.rule.id, {}), now) for view in told.rules]
    return Rules(tuple(sorted(listed, key=_rank)), told.problems)


async def read_one_rule(service: Service, rule_id: str) -> OneRule | None:
    """Read what a rule's page shows; None when there is no such rule."""
    now, told = service.clock.now(), await list_rules(service)
    view = next((each for each in told.rules if each.rule.id == rule_id), None)
    if view is None:
        return None
    async with service.engine.connect() as connection:
        days = await hits_by_day(connection, now, rule_id)
    alerts = await list_alerts(service, AlertFilter(STATUSES, rule=rule_id, suppressed=True), limit=_ALERTS)
    return OneRule(
        now,
        _listed(view, days.get(rule_id, {}), now),
        {each.rule.id: each.rule.title for each in told.rules},
        tuple(each.rule for each in told.rules if rule_id in getattr(each.rule, "rules", ())),
        alerts.alerts,
        tuple(await list_hunts(service, rule_id, _HUNTS)),
    )


def _listed(view: RuleView, days: Days, now: datetime) -> Listed:
    return Listed(view.rule, view.on, view.waiting, counted(days, now))


def _rank(each: Listed) -> tuple[int, str]:
    return -each.rule.severity.rank, each.rule.title.lower()
