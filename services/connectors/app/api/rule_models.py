"""What is asked of rules and hunts, and what is answered."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.api.fields import Body, Fault, Id, Moment, Time
from app.detection.rules import CorrelationType, Kind
from app.detection.trying import LONGEST_TEXT
from app.events.event import Severity
from app.storage.hunts import State

_SOURCE = "title: Owner granted\nid: 8f2f6c1e-6f5e-4a52-9d0b-6a2f6f0f3b11\n…"


class KnownRule(BaseModel):
    """A rule as its file has it."""

    id: Id
    title: str = Field(examples=["Owner granted at subscription scope"])
    severity: Severity
    kind: Kind
    techniques: list[str] = Field(examples=[["T1098.003"]])
    tactics: list[str] = Field(examples=[["privilege-escalation"]])
    alerts: bool = Field(description="Whether its matches are alerts; those of a rule that is only counted are none.")
    file: str
    line: int


class Rule(KnownRule):
    """A rule and what it does."""

    on: bool
    hits: int = Field(description="Its alerts about the last 30 days.")
    waiting: int = Field(description="Its alerts in the queue now.")
    last_hit: Time | None


class FirstSeen(BaseModel):
    """What has to be new: a group, or a field's value for a group."""

    group_by: list[str]
    field: str | None
    seconds: float


class Correlation(BaseModel):
    """What is counted within which time."""

    type: CorrelationType
    rules: list[Id]
    group_by: list[str]
    field: str | None
    at_least: int
    seconds: float


class RuleDetail(Rule):
    """A rule with all that its file says."""

    description: str
    why: str
    false_positives: list[str]
    next_steps: list[str]
    references: list[str]
    author: str
    status: str
    source: str = Field(description="Its YAML.")
    needs_request: bool = Field(description="Whether it reads the request's body, which one record of several has.")
    first_seen: FirstSeen | None
    correlation: Correlation | None


class RuleProblem(BaseModel):
    """A file, or a rule in it, that cannot be used."""

    file: str
    line: int = Field(description="From 1; 0 where unknown.")
    rule: str | None
    reason: str


class Rules(BaseModel):
    """Rules, and what could not be read."""

    items: list[Rule]
    problems: list[RuleProblem]


class Switch(Body):
    """Whether a rule is on."""

    on: Annotated[bool, Field(strict=True)]


class Text(Body):
    """A text to check."""

    text: Annotated[str, Field(max_length=LONGEST_TEXT, examples=[_SOURCE])]


class Checked(BaseModel):
    """The rules that a text holds, and what of it cannot be used."""

    rules: list[KnownRule]
    problems: list[RuleProblem]


class OfEvent(Body):
    """Which event to judge."""

    event_id: UUID


class Part(BaseModel):
    """A part of a condition, judged."""

    text: str = Field(examples=["operationName|endswith: '/write'"])
    matched: bool
    detail: str = Field(description="What the event has there.")
    parts: list["Part"]


class Explained(BaseModel):
    """An event judged by a rule."""

    rule_id: Id
    title: str
    matched: bool
    condition: Part


class Technique(BaseModel):
    """A technique of ATT&CK below a tactic."""

    technique: str = Field(examples=["T1098"])
    name: str
    rules: list[Id] = Field(description="The rules that are on and watch for it, or for a part of it.")
    parts: list[str] = Field(description="The sub-techniques that these name.")


class Tactic(BaseModel):
    """A tactic of ATT&CK."""

    tactic: str = Field(examples=["privilege-escalation"])
    name: str
    covered: int = Field(description="How many of its techniques a rule watches for.")
    techniques: list[Technique]


class NewHunt(Body):
    """The time to hunt in."""

    since: Moment
    until: Moment | None = Field(None, description="Now unless given.")
    make_alerts: bool = Field(False, strict=True, description="Whether to make the alerts it would have made.")


class Hunt(BaseModel):
    """A hunt that somebody asked for."""

    id: Id
    rule_id: Id
    since: Time
    until: Time
    make_alerts: bool
    state: State
    requested_by: str
    requested_at: Time
    started_at: Time | None
    finished_at: Time | None
    progress: dict[str, Any] | None = Field(
        description="What the command line prints of a hunt, so far; in lists without `event_ids`."
    )
    error: Fault | None
