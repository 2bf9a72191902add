"""The rules as people see them: what each is, whether it is on, how often it hit, and what could not be read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.detection.rules import Problem, Rule
from app.service import Service

HITS_OF = timedelta(days=30)


@dataclass(frozen=True)
class RuleView:
    """A rule and what it does. hits: its alerts about the last 30 days; waiting: those of them in the queue now."""

    rule: Rule
    on: bool
    hits: int = 0
    waiting: int = 0
    last_hit: datetime | None = None


@dataclass(frozen=True)
class RulesView:
    """All rules, by title, and what could not be read."""

    rules: tuple[RuleView, ...]
    problems: tuple[Problem, ...]


async def list_rules(service: Service) -> RulesView:
    """Return all rules with what they do."""
    raise NotImplementedError


async def read_rule(service: Service, rule_id: str) -> RuleView:
    """Return a rule. Raises NotFound (unknown_rule)."""
    raise NotImplementedError
