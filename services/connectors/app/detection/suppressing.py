"""Suppressions: what nobody needs to look at for a time, by rule or entity, with a reason that everybody sees."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app.clock import iso
from app.detection.alerts import check_text
from app.errors import InvalidInput
from app.security.roles import Role
from app.service import Service
from app.storage.alert_filter import EntityKind
from app.storage.alerts import Entity
from app.storage.audit import note_change
from app.storage.suppressions import (
    SuppressionRow,
    end_suppression,
    find_suppression,
    insert_suppression,
    read_suppressions,
)

LONGEST = timedelta(days=366)
LONGEST_REASON = 500
LONGEST_VALUE = 2_000


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What to hold back, until when, and why: alerts of a rule, about an entity (kind and value), or both."""

    until: datetime
    reason: str
    rule_id: str | None = None
    kind: EntityKind | None = None
    value: str | None = None


async def suppress(service: Service, wish: Wish) -> SuppressionRow:
    """Hold alerts back: open ones and those to come of what happens until then. `alerts` of the answer says how many.

    Raises InvalidInput (suppression_of_everything, invalid_suppression, invalid_text).
    """
    service.actor.need(Role.ANALYST)
    now = service.clock.now()
    row = _row(service, wish, now)
    async with service.engine.begin() as connection:
        await insert_suppression(connection, row)
        facts = {"rule": row.rule_id, row.kind or "entity": row.value, "until": iso(row.until), "reason": row.reason}
        named = {name: value for name, value in facts.items() if value is not None}
        await note_change(connection, service.actor, now, "suppression.add", str(row.id), named)
        return await find_suppression(connection, row.id)


async def unsuppress(service: Service, suppression_id: UUID) -> None:
    """Remove a suppression; what it held back is in the queue again. Raises NotFound (unknown_suppression)."""
    service.actor.need(Role.ANALYST)
    now = service.clock.now()
    async with service.engine.begin() as connection:
        if await end_suppression(connection, suppression_id, service.actor.name, now):
            await note_change(connection, service.actor, now, "suppression.remove", str(suppression_id))


async def list_suppressions(service: Service, limit: int = 200, *, active: bool | None = None) -> list[SuppressionRow]:
    """Return suppressions, those made last first, each with how many alerts it holds back.

    active: only those that hold new alerts back, or only those of the past.
    """
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        return await read_suppressions(connection, service.clock.now(), limit, active=active)


def _row(service: Service, wish: Wish, now: datetime) -> SuppressionRow:
    if wish.rule_id is None and wish.kind is None:
        raise InvalidInput(
            "suppression_of_everything",
            "Neither a rule nor an entity is named: that would hold back everything.",
            "Name a rule, an entity with kind and value, or both.",
        )
    if (wish.kind is None) != (wish.value is None) or not (now < wish.until <= now + LONGEST):
        raise InvalidInput(
            "invalid_suppression",
            "An entity has a kind and a value, and a suppression ends within a year from now.",
            "Give both or none, and a time in the next 366 days.",
        )
    reason = check_text(wish.reason, LONGEST_REASON, "reason")
    value = None
    if wish.kind is not None and wish.value is not None:
        value = Entity(wish.kind, check_text(wish.value, LONGEST_VALUE, "entity")).value
    rule_id = None if wish.rule_id is None else check_text(wish.rule_id, LONGEST_REASON, "rule")
    return SuppressionRow(uuid4(), rule_id, wish.kind, value, wish.until, reason, service.actor.name, now)
