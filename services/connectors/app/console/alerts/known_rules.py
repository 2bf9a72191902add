"""What the pages of alerts need of the rules: one of them, their titles, whether any is on."""

from app.detection.rules import ActiveRules, Rule
from app.errors import NotFound
from app.service import Service
from app.storage.alert_queries import AlertRow


async def rule_of(service: Service, alert: AlertRow) -> Rule | None:
    """Return the rule that made an alert; None where its file is gone, or the severity table made it."""
    if alert.kind == "severity":
        return None
    try:
        return (await _rules(service)).find(alert.rule_id)
    except NotFound:
        return None


async def rule_titles(service: Service) -> dict[str, str]:
    """Return the titles of all rules, in order, by id."""
    rules = await _rules(service)
    known = [*rules.rules.values(), *rules.correlations.values()]
    return {rule.id: rule.title for rule in sorted(known, key=lambda rule: rule.title.lower())}


async def any_rule_on(service: Service) -> bool:
    """Whether there is a rule that is not turned off."""
    rules = await _rules(service)
    return bool({*rules.rules, *rules.correlations} - rules.off)


async def _rules(service: Service) -> ActiveRules:
    return await service.rules.current(service.engine)
