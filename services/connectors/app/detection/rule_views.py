"""The rules as people see them: what each is, whether it is on, how often it hit, and what could not be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.detection.attack import Column, coverage
from app.detection.rules import ActiveRules, Problem, Rule
from app.errors import NotFound
from app.security.roles import Role
from app.service import Service
from app.storage.rule_figures import RuleFigures, read_rule_figures
from app.storage.rule_hits import first_day


@dataclass(frozen=True)
class RuleView:
    """A rule and what it does. hits: its alerts about the last 30 days, today too; waiting: those in the queue now."""

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
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        active = await service.rules.current(connection)
        figures = await read_rule_figures(connection, first_day(service.clock.now()))
    rules = sorted(all_rules(active).values(), key=lambda rule: (rule.title.lower(), rule.id))
    return RulesView(tuple(_view(rule, active, figures) for rule in rules), active.problems)


async def read_rule(service: Service, rule_id: str) -> RuleView:
    """Return a rule. Raises NotFound (unknown_rule)."""
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        active = await service.rules.current(connection)
        rule = need_rule(active, rule_id)
        return _view(rule, active, await read_rule_figures(connection, first_day(service.clock.now()), rule_id))


async def read_coverage(service: Service) -> tuple[Column, ...]:
    """Return the matrix of ATT&CK with the rules that are on in it."""
    service.actor.need(Role.VIEWER)
    active = await service.rules.current(service.engine)
    return coverage(rule for rule in all_rules(active).values() if rule.id not in active.off)


def all_rules(active: ActiveRules) -> dict[str, Rule]:
    """Return event rules and correlations by id."""
    return {**active.rules, **active.correlations}


def need_rule(active: ActiveRules, rule_id: str) -> Rule:
    """Return the rule of an id. Raises NotFound (unknown_rule)."""
    rule = all_rules(active).get(rule_id)
    if rule is None:
        raise NotFound("unknown_rule", f"There is no rule {rule_id}.", "List the rules for their ids.")
    return rule


def _view(rule: Rule, active: ActiveRules, figures: Mapping[str, RuleFigures]) -> RuleView:
    found = figures.get(rule.id, RuleFigures(0, 0, None))
    return RuleView(rule, rule.id not in active.off, found.hits, found.waiting, found.last_hit)
