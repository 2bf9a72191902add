"""Queries on suppressions, and which alerts they hold back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, any_, desc, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.storage.alert_filter import EntityKind
from app.storage.alert_locks import hold_suppressions
from app.storage.detection_tables import alert_changes, alert_entities, alerts, suppressions
from app.storage.tables import Time


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


async def insert_suppression(connection: AsyncConnection, row: SuppressionRow) -> None:
    """Add a suppression: it holds alerts back from now on, which their history tells."""
    await hold_suppressions(connection)
    values = {name: value for name, value in vars(row).items() if name != "alerts"}
    await connection.execute(insert(suppressions).values(values))
    held = await _apply(connection, alerts.c.status != "closed", row.id)
    await _note(connection, held.keys(), "suppressed", row.id, row.created_by, row.created_at)


async def apply_suppressions(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Hold back those of some alerts that a suppression is about, for who has just written them.

    Returns which suppression holds which alert back now, by the alert's id. What is closed or held back stays so.
    """
    return await _apply(connection, and_(_among(ids), alerts.c.status != "closed"))


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


async def end_suppression(connection: AsyncConnection, suppression_id: UUID, actor: str, now: datetime) -> bool:
    """Remove a suppression: its alerts are back, but for those that another one is about, which their history tells.

    Returns False where it was removed before. Raises NotFound (unknown_suppression).
    """
    await hold_suppressions(connection)
    row = await find_suppression(connection, suppression_id)
    if row.removed_at is not None:
        return False
    await connection.execute(
        update(suppressions).where(suppressions.c.id == suppression_id).values(removed_by=actor, removed_at=now)
    )
    ids = await _locked(connection, alerts.c.suppressed_by == suppression_id)
    await connection.execute(update(alerts).where(_among(ids)).values(suppressed_by=None))
    await _note(connection, ids, "unsuppressed", suppression_id, actor, now)
    held: dict[UUID, list[UUID]] = {}
    for alert_id, by in (await apply_suppressions(connection, ids)).items():
        held.setdefault(by, []).append(alert_id)
    for by, some in held.items():
        await _note(connection, some, "suppressed", by, actor, now)
    return True


async def _apply(
    connection: AsyncConnection, which: ColumnElement[bool], suppression_id: UUID | None = None
) -> dict[UUID, UUID]:
    """Hold alerts back by the first suppression that is about each, or by that one."""
    about = select(suppressions.c.id).where(_is_about()).correlate(alerts)
    if suppression_id is not None:
        about = about.where(suppressions.c.id == suppression_id)
    first = about.order_by(suppressions.c.created_at, suppressions.c.id).limit(1).scalar_subquery()
    ids = await _locked(connection, and_(which, alerts.c.suppressed_by.is_(None), about.exists()))
    if not ids:
        return {}
    change = update(alerts).where(_among(ids)).values(suppressed_by=first)
    held = await connection.execute(change.returning(alerts.c.id, alerts.c.suppressed_by))
    return {row.id: row.suppressed_by for row in held}


async def _locked(connection: AsyncConnection, which: ColumnElement[bool]) -> list[UUID]:
    """Return the ids of alerts, in the one order in which all lock them, so that nobody waits in a circle."""
    query = select(alerts.c.id).where(which).order_by(alerts.c.id).with_for_update(of=alerts)
    return list((await connection.execute(query)).scalars())


def _among(ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return the condition that an alert is one of these, however many they are."""
    return alerts.c.id == any_(literal(list(ids), ARRAY(Uuid)))


async def _note(
    connection: AsyncConnection, ids: Collection[UUID], action: str, by: UUID, actor: str, now: datetime
) -> None:
    """Write into the history of alerts what became of them by a suppression."""
    told = (literal(now, Time), literal(actor), literal(action), literal({"by": str(by)}, JSONB))
    entries = select(alerts.c.id, *told).where(_among(ids)).order_by(alerts.c.id)
    await connection.execute(insert(alert_changes).from_select(["alert_id", "at", "actor", "action", "facts"], entries))


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
