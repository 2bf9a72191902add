"""Which rules people turned off, and on again; a rule that nobody touched is on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.detection_tables import rule_switches


@dataclass(frozen=True)
class RuleSwitch:
    """How a rule was last switched, by whom and when."""

    rule_id: str
    enabled: bool
    changed_by: str
    changed_at: datetime


async def rules_off(connection: AsyncConnection) -> frozenset[str]:
    """Return the ids of the rules that are off."""
    query = select(rule_switches.c.rule_id).where(~rule_switches.c.enabled)
    return frozenset((await connection.execute(query)).scalars())


async def read_switches(connection: AsyncConnection) -> Mapping[str, RuleSwitch]:
    """Return all switches by rule id."""
    rows = await connection.execute(select(*rule_switches.c))
    return {row.rule_id: RuleSwitch(row.rule_id, row.enabled, row.changed_by, row.changed_at) for row in rows}


async def write_switch(connection: AsyncConnection, switch: RuleSwitch) -> bool:
    """Keep a switch; return whether it changes anything: a rule that is on already is not turned on again."""
    query = select(rule_switches.c.enabled).where(rule_switches.c.rule_id == switch.rule_id).with_for_update()
    before = await connection.scalar(query)
    if switch.enabled == (before is not False):
        return False
    row = asdict(switch)
    written = insert(rule_switches).values(row).on_conflict_do_update(index_elements=["rule_id"], set_=row)
    await connection.execute(written)
    return True
