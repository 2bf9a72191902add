"""Which alerts are asked for, as a condition on their table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, func, literal, or_, select, true

from app.events.event import Severity
from app.storage.detection_tables import alert_entities, alert_events, alerts

Status = Literal["new", "in_progress", "closed"]
Verdict = Literal["true_positive", "benign", "false_positive"]
EntityKind = Literal["actor", "ip", "resource", "principal"]
STATUSES: tuple[Status, ...] = get_args(Status)
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
ENTITY_KINDS: tuple[EntityKind, ...] = get_args(EntityKind)
OPEN: tuple[Status, ...] = ("new", "in_progress")
NOBODY = "nobody"


@dataclass(frozen=True)
class AlertFilter:
    """Which alerts to list; what is left empty is not asked for.

    assignee: a user's name in any letter case, or NOBODY. entity_kind without entity is ignored; entity: as
    `Entity.value` has it, which list_alerts makes of any letter case. technique: "T1098" finds "T1098.003" too. since,
    until: alerts with a part of their time in there. text: in the title. event: alerts that this event belongs to.
    suppression: what this one holds back.
    """

    statuses: tuple[Status, ...] = OPEN
    severities: tuple[Severity, ...] = ()
    rule: str | None = None
    assignee: str | None = None
    entity_kind: EntityKind | None = None
    entity: str | None = None
    technique: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    event: UUID | None = None
    suppression: UUID | None = None
    suppressed: bool = False
    """Whether those that a suppression holds back are told too; asking for a suppression's tells them anyway."""
    superseded: bool = False
    """Whether those are told too of which another alert says the same and more."""


def condition_of(wanted: AlertFilter) -> ColumnElement[bool]:
    """Return a filter as a condition on the table of alerts."""
    columns = alerts.c
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(or_(*(columns.status == status for status in wanted.statuses)))
    if wanted.severities:
        conditions.append(columns.severity.in_(wanted.severities))
    if wanted.rule is not None:
        conditions.append(columns.rule_id == wanted.rule)
    if wanted.assignee is not None:
        nobody, name = columns.assignee.is_(None), func.lower(columns.assignee) == wanted.assignee.lower()
        conditions.append(nobody if wanted.assignee == NOBODY else name)
    if wanted.since is not None:
        conditions.append(columns.last_time >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.first_time < wanted.until)
    if wanted.text:
        conditions.append(columns.title.icontains(wanted.text, autoescape=True))
    return and_(true(), *conditions, *_belonging(wanted), *_shown(wanted))


def _belonging(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on what belongs to an alert."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.entity is not None:
        kinds = (wanted.entity_kind,) if wanted.entity_kind else ENTITY_KINDS
        conditions.append(alerts.c.id.in_(alerts_of_entity(literal(wanted.entity), kinds)))
    if wanted.technique is not None:
        technique = func.unnest(alerts.c.techniques).column_valued("technique")
        below = technique.startswith(f"{wanted.technique.upper()}.", autoescape=True)
        found = select(technique).where(or_(technique == wanted.technique.upper(), below))
        conditions.append(found.exists())
    if wanted.event is not None:
        conditions.append(
            alerts.c.id.in_(select(alert_events.c.alert_id).where(alert_events.c.event_id == wanted.event))
        )
    return conditions


def alerts_of_entity(value: ColumnElement[str], kinds: Sequence[str]) -> Select[Any]:
    """Return the ids of the alerts about an entity. value: in lower case; its hash is what the index has."""
    entities = alert_entities.c
    return select(entities.alert_id).where(
        entities.kind == any_(literal(list(kinds))),
        func.md5(entities.value) == func.md5(value),
        entities.value == value,
    )


def _shown(wanted: AlertFilter) -> list[ColumnElement[bool]]:
    """Return the conditions on what is out of the queue."""
    conditions: list[ColumnElement[bool]] = []
    if not wanted.superseded:
        conditions.append(alerts.c.superseded_by.is_(None))
    if wanted.suppression is not None:
        conditions.append(alerts.c.suppressed_by == wanted.suppression)
    elif not wanted.suppressed:
        conditions.append(alerts.c.suppressed_by.is_(None))
    return conditions
