"""Queries on suppressions, and which alerts they hold back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, desc, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.storage.alert_filter import EntityKind
from app.storage.alert_locks import hold_suppressions
from app.storage.detection_tables import alert_entities, alerts, suppressions


@dataclass(frozen=True)
class SuppressionRow:
    """What holds alerts back: of a rule, about an entity, or both. rule_id, kind and value: None for any.

    alerts: how many it holds back now, where that was counted.
    """

    id: UUID
    rule_id: str | None
    kind: EntityKind | None
    value: str | None
    until: datetime
    reason: str
    created_by: str
    created_at: datetime
    removed_by: str | None = None
    removed_at: datetime | None = None
    alerts: int = 0

    def active(self, now: datetime) -> bool:
        """Whether it holds new alerts back."""
        return self.removed_at is None and now <= self.until


_COLUMNS = [suppressions.c[name] for name in SuppressionRow.__dataclass_fields__ if name != "alerts"]
_held = select(func.count()).where(alerts.c.suppressed_by == suppressions.c.id).scalar_subquery()


async def insert_suppression(connection: AsyncConnection, row: SuppressionRow) -> list[UUID]:
    """Add a suppression; return which alerts it holds back from now on."""
    await hold_suppressions(connection)
    values = {name: value for name, value in vars(row).items() if name != "alerts"}
    await connection.execute(insert(suppressions).values(values))
    return list(await _apply(connection, alerts.c.status != "closed", row.id))


async def apply_suppressions(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Hold back those of some alerts that a suppression is about, for who has just written them.

    Returns which suppression holds which alert back now, by the alert's id. What is closed or held back stays so.
    """
    return await _apply(connection, and_(alerts.c.id.in_(ids), alerts.c.status != "closed"))


async def find_suppression(connection: AsyncConnection, suppression_id: UUID) -> SuppressionRow:
    """Return a suppression. Raises NotFound (unknown_suppression)."""
    query = select(*_COLUMNS, _held.label("alerts")).where(suppressions.c.id == suppression_id)
    found = (await connection.execute(query)).one_or_none()
    if found is None:
        raise _unknown(suppression_id)
    return SuppressionRow(**found._asdict())


async def read_suppressions(
    connection: AsyncConnection, now: datetime, limit: int, *, active: bool | None = None
) -> list[SuppressionRow]:
    """Return suppressions, those made last first. active: only those that hold new alerts back, or only the past."""
    query = select(*_COLUMNS, _held.label("alerts"))
    current = and_(suppressions.c.removed_at.is_(None), suppressions.c.until >= now)
    if active is not None:
        query = query.where(current if active else ~current)
    rows = await connection.execute(query.order_by(desc(suppressions.c.created_at), suppressions.c.id).limit(limit))
    return [SuppressionRow(**row._asdict()) for row in rows]


async def end_suppression(
    connection: AsyncConnection, suppression_id: UUID, actor: str, now: datetime
) -> tuple[list[UUID], dict[UUID, UUID]] | None:
    """Remove a suppression; None when it was removed before.

    Returns the alerts that it held back, and by which suppression those are held back now that another one is about.
    Raises NotFound (unknown_suppression).
    """
    await hold_suppressions(connection)
    row = await find_suppression(connection, suppression_id)
    if row.removed_at is not None:
        return None
    await connection.execute(
        update(suppressions).where(suppressions.c.id == suppression_id).values(removed_by=actor, removed_at=now)
    )
    freed = update(alerts).where(alerts.c.suppressed_by == suppression_id).values(suppressed_by=None)
    ids = list((await connection.execute(freed.returning(alerts.c.id))).scalars())
    return ids, await apply_suppressions(connection, ids)


async def _apply(
    connection: AsyncConnection, which: ColumnElement[bool], suppression_id: UUID | None = None
) -> dict[UUID, UUID]:
    """Hold alerts back by the first suppression that is about each, or by that one."""
    about = select(suppressions.c.id).where(_is_about()).correlate(alerts)
    if suppression_id is not None:
        about = about.where(suppressions.c.id == suppression_id)
    first = about.order_by(suppressions.c.created_at, suppressions.c.id).limit(1).scalar_subquery()
    change = update(alerts).where(which, alerts.c.suppressed_by.is_(None), about.exists()).values(suppressed_by=first)
    held = await connection.execute(change.returning(alerts.c.id, alerts.c.suppressed_by))
    return {row.id: row.suppressed_by for row in held}


def _is_about() -> ColumnElement[bool]:
    """Return the condition that a suppression is about an alert."""
    entity = (
        select(alert_entities.c.alert_id)
        .where(
            alert_entities.c.alert_id == alerts.c.id,
            alert_entities.c.kind == suppressions.c.kind,
            alert_entities.c.value == suppressions.c.value,
        )
        .correlate(alerts, suppressions)
    )
    return and_(
        suppressions.c.removed_at.is_(None),
        alerts.c.first_time <= suppressions.c.until,
        or_(suppressions.c.rule_id.is_(None), suppressions.c.rule_id == alerts.c.rule_id),
        or_(suppressions.c.kind.is_(None), entity.exists()),
    )


def _unknown(suppression_id: UUID) -> NotFound:
    return NotFound("unknown_suppression", f"There is no suppression {suppression_id}.", "List them for their ids.")
