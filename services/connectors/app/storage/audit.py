"""The audit log: who changed what, when, from where; written in the transaction of the change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import desc, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.security.roles import Actor
from app.storage.tables import audit_log


async def note_change(
    connection: AsyncConnection,
    actor: Actor,
    now: datetime,
    action: str,
    target: str,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry. action: `connector.add`; target: the name of what was changed; facts: JSON-ready, no secrets."""
    await connection.execute(
        insert(audit_log).values(
            at=now,
            actor=actor.name,
            via=actor.via,
            ip=actor.ip,
            action=action,
            target=target,
            facts=dict(facts or {}),
        )
    )


async def list_changes(
    connection: AsyncConnection,
    limit: int,
    before: int | None = None,
    action: str | None = None,
    actor: str | None = None,
) -> list[dict[str, Any]]:
    """Return entries, newest first.

    before: only those with a smaller id. action: only of this one or its group. actor: only by this one, in any letter
    case.
    """
    query = select(audit_log).order_by(desc(audit_log.c.id)).limit(limit)
    if before is not None:
        query = query.where(audit_log.c.id < before)
    if action is not None:
        query = query.where(
            (audit_log.c.action == action) | audit_log.c.action.startswith(f"{action}.", autoescape=True)
        )
    if actor is not None:
        query = query.where(func.lower(audit_log.c.actor) == func.lower(actor))
    return [row._asdict() for row in await connection.execute(query)]


async def list_changes_of(
    connection: AsyncConnection, target: str, actions: Sequence[str], since: datetime, limit: int
) -> list[dict[str, Any]]:
    """Return the entries about a target from a time on, newest first. actions: the groups to tell of."""
    groups = or_(*(audit_log.c.action.startswith(f"{action}.", autoescape=True) for action in actions))
    query = select(audit_log).where(audit_log.c.target == target, audit_log.c.at >= since, groups)
    rows = await connection.execute(query.order_by(desc(audit_log.c.id)).limit(limit))
    return [row._asdict() for row in rows]
