"""Turning rules off and on: a rule that is off matches nothing, its alerts stay."""

from app.service import Service


async def switch_rule(service: Service, rule_id: str, on: bool) -> None:
    """Turn a rule on or off, for all hosts within seconds. Raises NotFound (unknown_rule)."""
    raise NotImplementedError
