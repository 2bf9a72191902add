"""Turning rules off and on: a rule that is off matches nothing, its alerts stay."""

from app.detection.rule_views import need_rule
from app.security.roles import Role
from app.service import Service
from app.storage.audit import note_change
from app.storage.rule_switches import RuleSwitch, write_switch


async def switch_rule(service: Service, rule_id: str, on: bool) -> None:
    """Turn a rule on or off: here at once, on other hosts within seconds. Raises NotFound (unknown_rule)."""
    service.actor.need(Role.ANALYST)
    now = service.clock.now()
    async with service.engine.begin() as connection:
        rule = need_rule(await service.rules.current(connection), rule_id)
        if await write_switch(connection, RuleSwitch(rule_id, on, service.actor.name, now)):
            action = "rule.enable" if on else "rule.disable"
            await note_change(connection, service.actor, now, action, rule.title, {"rule": rule_id})
    service.rules.look_again()
