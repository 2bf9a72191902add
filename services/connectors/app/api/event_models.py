"""What is answered about events; the names are those of docs/connectors/azure-activity.md."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from fastapi import Query
from pydantic import BaseModel, Field, create_model

from app.api.fields import Time
from app.events.event import Event, Severity
from app.search.language import LONGEST
from app.storage.figures import MOST_BARS, TOP_FIELDS
from app.storage.search import StoredEvent

Q = Annotated[
    str,
    Query(
        max_length=LONGEST,
        description="A search as it is typed in the console; empty finds everything.",
        examples=["severity>=medium operation:roleassignments since:24h -caller:policy"],
    ),
]
TopField = StrEnum("TopField", {name.upper(): name for name in TOP_FIELDS})  # type: ignore[misc]

_fields: dict[str, Any] = {field.name: (field.type, ...) for field in msgspec.structs.fields(Event)}
ToldEvent = create_model(
    "Event", **_fields, connector=(str, ...), stored_at=(datetime, ...), __doc__="An event as it is stored."
)


class Events(BaseModel):
    """Some of the events that a search finds."""

    items: list[ToldEvent]  # type: ignore[valid-type]
    next: str | None = Field(description="Give it as `cursor` to get what follows; null at the end.")


class Neighbours(BaseModel):
    """Events near an event: of the same operation, by the same actor, on the same resource; nearest first."""

    operation: list[ToldEvent]  # type: ignore[valid-type]
    actor: list[ToldEvent]  # type: ignore[valid-type]
    resource: list[ToldEvent]  # type: ignore[valid-type]


class Bar(BaseModel):
    """How many events happened in the time that begins at `at`, by severity; severities without any are left out."""

    at: Time
    counts: dict[Severity, int]


class Histogram(BaseModel):
    """How many events a search finds over time."""

    bucket_seconds: float = Field(description=f"The width of a bar; no more than {MOST_BARS} bars are told.")
    since: Time
    until: Time
    bars: list[Bar]


class Top(BaseModel):
    """A value and how many of the events have it."""

    value: str
    count: int


class Count(BaseModel):
    """How many events a search finds."""

    count: int
    more: bool = Field(description="Whether there are more: counting ended at `at_most`.")


def event_facts(stored: StoredEvent) -> dict[str, Any]:
    """Return an event as facts that msgspec writes as JSON, as the command line does."""
    return msgspec.structs.asdict(stored.event) | {"connector": stored.connector, "stored_at": stored.stored_at}
