"""What is asked of alerts and suppressions, and what is answered."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from app.api.event_models import ToldEvent
from app.api.fields import Body, Id, Moment, Time
from app.detection.alerts import LONGEST_NOTE, MOST_AT_ONCE
from app.detection.suppressing import LONGEST_REASON, LONGEST_VALUE
from app.events.event import Outcome, Severity
from app.storage.alert_filter import OPEN, AlertFilter, EntityKind, Status, Verdict
from app.storage.alerts import AlertKind

PRINTED = r"^[^\x00-\x1f\x7f]+$"
_RULE = "8f2f6c1e-6f5e-4a52-9d0b-6a2f6f0f3b11"


class Entity(BaseModel):
    """Somebody or something that an alert is about."""

    kind: EntityKind
    value: str = Field(description="In lower case, to compare by.", examples=["alice@contoso.com"])
    shown: str = Field(description="As it was written.", examples=["Alice@contoso.com"])


class Alert(BaseModel):
    """Something that a rule found."""

    id: Id
    rule_id: str = Field(description="`severity:` and an operation where no rule but the severity table found it.")
    rule_title: str
    kind: AlertKind
    severity: Severity
    title: str = Field(examples=["Owner granted to build-agent on subscription production"])
    outcome: Outcome
    techniques: list[str] = Field(examples=[["T1098.003"]])
    tactics: list[str] = Field(examples=[["privilege-escalation"]])
    facts: dict[str, Any] = Field(description="What the title was made of, and more.")
    connector: str
    subscription_id: str | None
    first_time: Time
    last_time: Time
    events: int = Field(description="How many records it is about.")
    status: Status
    verdict: Verdict | None = Field(description="Of closed alerts only.")
    assignee: str | None
    superseded_by: Id | None = Field(description="The alert that says the same and more; out of the queue.")
    suppressed_by: Id | None = Field(description="The suppression that holds it back; out of the queue.")
    created_at: Time
    updated_at: Time
    entities: list[Entity] = Field(description="In lists the first 20 only.")


class Alerts(BaseModel):
    """Some of the alerts that a filter finds."""

    items: list[Alert]
    next: str | None = Field(description="Give it as `cursor` to get what follows; null at the end.")


class Counts(BaseModel):
    """How many alerts a filter finds."""

    by_status: dict[Status, int] = Field(description="Whatever statuses were asked for.")
    by_severity: dict[Severity, int] = Field(description="Of the statuses asked for, whatever severities were.")
    more: bool = Field(description="Whether counting ended at 10,000 in a status.")


class HistoryEntry(BaseModel):
    """What was done to an alert."""

    at: Time
    actor: str
    action: str = Field(
        description="`change`: of each field what it was and is; `note`: its text; or what detection did: `created`, "
        "`outcome`, `superseded`, `suppressed`.",
        examples=["note"],
    )
    facts: dict[str, Any] = Field(examples=[{"text": "Asked the owner: planned."}])


class EventOfAlert(BaseModel):
    """An event of an alert."""

    rule_id: str = Field(description="The event rule that it matched; empty where it came with its operation.")
    event: ToldEvent


class Suppression(BaseModel):
    """What holds alerts back."""

    id: Id
    rule_id: str | None
    kind: EntityKind | None
    value: str | None
    until: Time
    reason: str
    created_by: str
    created_at: Time
    removed_by: str | None
    removed_at: Time | None
    alerts: int = Field(description="How many it holds back now.")


class AlertDetail(Alert):
    """An alert with all that belongs to it."""

    event_list: list[EventOfAlert] = Field(description="By time, the first 500.")
    history: list[HistoryEntry] = Field(description="The latest last.")
    suppression: Suppression | None


class Timeline(BaseModel):
    """What happened around an alert, by time."""

    operation: list[ToldEvent]
    actor: list[ToldEvent]
    of_alert: list[Id] = Field(description="Which of these events belong to the alert.")


_assignee = Field(
    None, min_length=1, max_length=100, pattern=PRINTED, description="A user's name, or me, or nobody.", examples=["me"]
)


class ChangeOfAlert(Body):
    """What to change; what is left out, or null, stays."""

    status: Status | None = Field(None, description="Opening a closed alert clears its verdict.")
    verdict: Verdict | None = Field(None, description="Of a closed alert, or one that is closed with it.")
    assignee: str | None = _assignee
    expected_status: Status | None = Field(
        None, description="What you think it is: where it is not, nothing changes and 409 is answered."
    )


class ChangeOfAlerts(ChangeOfAlert):
    """What to change of which alerts; all or none."""

    ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Note(Body):
    """A note for an alert's history."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE, examples=["Asked the owner: planned."])]


class NewSuppression(Body):
    """What to hold back: alerts of a rule, about an entity (kind and value), or both."""

    rule_id: str | None = Field(None, min_length=1, max_length=200, pattern=PRINTED, examples=[_RULE])
    kind: EntityKind | None = None
    value: str | None = Field(
        None, min_length=1, max_length=LONGEST_VALUE, pattern=PRINTED, examples=["build-agent@contoso.com"]
    )
    until: Moment = Field(description="Alerts about what happens later are told; within a year.")
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON, examples=["Planned work, change 4711"])]


def wanted_alerts(
    status: Annotated[list[Status] | None, Query(description="One or more; new and in_progress unless given.")] = None,
    severity: Annotated[list[Severity] | None, Query(description="One or more.")] = None,
    rule: Annotated[str | None, Query(max_length=200, pattern=PRINTED, description="The id of a rule.")] = None,
    assignee: Annotated[
        str | None, Query(max_length=100, pattern=PRINTED, description="A user's name, or me, or nobody.")
    ] = None,
    entity_kind: Annotated[EntityKind | None, Query(description="What kind `entity` is of.")] = None,
    entity: Annotated[
        str | None, Query(max_length=LONGEST_VALUE, pattern=PRINTED, description="Whole, in any letter case.")
    ] = None,
    technique: Annotated[
        str | None,
        Query(pattern="^[Tt][0-9]{4}([.][0-9]{3})?$", description="With those below it.", examples=["T1098"]),
    ] = None,
    since: Annotated[Moment | None, Query(description="Something of the alert happened then or later.")] = None,
    until: Annotated[Moment | None, Query(description="It began before then.")] = None,
    text: Annotated[str | None, Query(max_length=200, pattern=PRINTED, description="In the title.")] = None,
    event: Annotated[UUID | None, Query(description="Alerts that this event belongs to.")] = None,
    suppression: Annotated[UUID | None, Query(description="Alerts that this suppression holds back.")] = None,
    suppressed: Annotated[bool, Query(description="Tell those that are held back too.")] = False,
    superseded: Annotated[bool, Query(description="Tell those too of which another alert says more.")] = False,
) -> AlertFilter:
    """Return what a request asks for."""
    return AlertFilter(
        statuses=OPEN if status is None else tuple(status),
        severities=tuple(severity or ()),
        rule=rule,
        assignee=assignee,
        entity_kind=entity_kind,
        entity=entity,
        technique=technique,
        since=since,
        until=until,
        text=text,
        event=event,
        suppression=suppression,
        suppressed=suppressed,
        superseded=superseded,
    )
