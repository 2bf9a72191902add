"""What is told about one event: who, what, where and when, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from app.console.parts import age
from app.events.event import Event
from app.storage.search import StoredEvent

_LONGEST_RAW = 200_000
_ENDINGS = {"success": "It succeeded.", "failure": "It failed.", "in_progress": "It was under way."}
_ACTORS = {
    "user": "A person",
    "application": "An application",
    "managed_identity": "A managed identity",
    "platform": "The platform itself",
}


@dataclass(frozen=True)
class Fact:
    """A name and a value.

    field: the search field that finds events with the same value; empty: there is none. typed: what to search it for,
    where that is not the value as shown. code: whether it is for machines rather than words.
    """

    name: str
    value: str
    field: str = ""
    typed: str = ""
    code: bool = False


@dataclass(frozen=True)
class Section:
    """Facts under a heading."""

    title: str
    facts: tuple[Fact, ...]


def sections_of(stored: StoredEvent) -> list[Section]:
    """Return what is told about an event; what it does not have is left out."""
    event = stored.event
    told = {
        "Who": _who(event),
        "What": _what(event),
        "Where": _where(event, stored.connector),
        "When": _when(stored),
        "Identifiers": _identifiers(event),
    }
    present = {title: tuple(fact for fact in facts if fact.value) for title, facts in told.items()}
    return [Section(title, facts) for title, facts in present.items() if facts]


def _who(event: Event) -> list[Fact]:
    return [
        Fact("Actor", event.actor or "", "actor"),
        Fact("Mailbox", event.actor_email or "" if event.actor_email != event.actor else "", "actor"),
        Fact("Kind", _ACTORS.get(event.actor_type, "")),
        Fact("Application", event.app_id or "" if event.app_id != event.actor else "", "actor", code=True),
        Fact("Address", event.src_ip or "", "ip"),
    ]


def _what(event: Event) -> list[Fact]:
    return [
        Fact("Operation", event.operation or event.event_type, "operation"),
        Fact("Status", event.status or "", "status"),
        Fact("Outcome", event.outcome.replace("_", " "), "outcome", event.outcome),
        Fact("Category", event.activity_category or "", "category"),
    ]


def _where(event: Event, connector: str) -> list[Fact]:
    return [
        Fact("Resource", event.resource_name or "", "resource"),
        Fact("Path", event.resource_id or "", "resource", code=True),
        Fact("Type", event.resource_type or "", "type"),
        Fact("Group", event.resource_group or "", "group"),
        Fact("Subscription", event.subscription_id or "", "subscription", code=True),
        Fact("Tenant", event.tenant_id or "", "tenant", code=True),
        Fact("Connector", connector, "connector"),
    ]


def _when(stored: StoredEvent) -> list[Fact]:
    happened, readable = stored.event.event_time, stored.event.available_time
    lag = f", {age(max(readable - happened, timedelta()))} later" if readable else ""
    return [
        Fact("Happened", exact_time(happened)),
        Fact("Readable", f"{exact_time(readable)}{lag}" if readable else ""),
        Fact("Stored", exact_time(stored.stored_at)),
    ]


def _identifiers(event: Event) -> list[Fact]:
    return [
        Fact("Event", str(event.id), "id", code=True),
        Fact("At the source", event.external_id or "", code=True),
        Fact("Correlation", event.correlation_id or "", "correlation", code=True),
        Fact("Operation", event.operation_id or "", code=True),
    ]


def summary(event: Event) -> str:
    """Return an event in a sentence or two: who did what to what, and how it ended, as far as that is known."""
    actor = event.actor or ("The platform" if event.actor_type == "platform" else "Somebody unknown")
    name = event.resource_name or ""
    target = f" on {name}" if name and name not in event.title else ""
    ending = f" {_ENDINGS[event.outcome]}" if event.outcome in _ENDINGS else ""
    return f"{actor}: {event.title}{target}.{ending}"


def exact_time(at: datetime) -> str:
    """Return a time in full, in UTC, to the millisecond."""
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03} UTC"


def pretty(raw: bytes) -> str:
    """Return a record's bytes as people read them: JSON line by line, its numbers as written; cut when very long."""
    try:
        told = msgspec.json.format(raw, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = raw.decode(errors="replace")
    return told if len(told) <= _LONGEST_RAW else f"{told[:_LONGEST_RAW]}\n… (the download has all of it)"
