"""What can be asked for: the fields of the search language, their other names, and how each is compared."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import get_args

from app.events.event import Outcome, Severity


class Kind(Enum):
    """How a field's value is compared, letter case always ignored."""

    CONTAINS = auto()
    """The value is somewhere in the field; `=` compares the whole field."""
    WHOLE = auto()
    """The value is the whole field."""
    PATH = auto()
    """A value that begins with / is a resource or whatever is below it; any other is somewhere in id or name."""
    ADDRESS = auto()
    """An address, or a network as 203.0.113.0/24."""
    SEVERITY = auto()
    """One of an order, which can be compared with > >= < <=."""
    ID = auto()
    """An event's id, or its first digits."""
    TIME = auto()
    """A time or an age."""


@dataclass(frozen=True)
class Field:
    """A field: its name, other names, kind, the parts of an event it looks at, and what people are told about it.

    choices: the values it can have, where these are few.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    help: str
    example: str
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


TEXT = Field(
    "text",
    Kind.CONTAINS,
    ("title", "event_type", "operation", "actor", "actor_email", "app_id", "src_ip", "resource_id", "resource_name"),
    "What free words look at: title, operation, actor, address, resource.",
    'text:"key vault"',
)
_FIELDS = (
    Field(
        "severity",
        Kind.SEVERITY,
        ("severity",),
        "How much the event matters.",
        "severity>=medium",
        ("sev",),
        tuple(Severity),
    ),
    Field("operation", Kind.CONTAINS, ("event_type", "operation"), "What was done.", "operation:delete", ("op",)),
    Field(
        "actor",
        Kind.CONTAINS,
        ("actor", "actor_email", "app_id"),
        "Who did it: name, mailbox or application id.",
        "actor:alice@contoso.com",
        ("caller", "user"),
    ),
    Field(
        "resource",
        Kind.PATH,
        ("resource_id", "resource_name"),
        "What it was done to: a path and everything below it, or a part of the id or name.",
        "resource:/subscriptions/5a1f0c3e/resourceGroups/rg-prod",
        ("target",),
    ),
    Field("group", Kind.WHOLE, ("resource_group",), "The resource group.", "group:rg-prod", ("rg",)),
    Field("type", Kind.CONTAINS, ("resource_type",), "The resource's type.", "type:virtualMachines"),
    Field("subscription", Kind.WHOLE, ("subscription_id",), "The subscription's id.", "subscription:5a1f0c3e*"),
    Field("tenant", Kind.WHOLE, ("tenant_id",), "The tenant's id.", "tenant:c0ffee00*"),
    Field("ip", Kind.ADDRESS, ("src_ip",), "The address it came from, or a network.", "ip:203.0.113.0/24"),
    Field("status", Kind.WHOLE, ("status",), "The status as the source wrote it.", "status:Failed*"),
    Field(
        "outcome",
        Kind.WHOLE,
        ("outcome",),
        "What the status means.",
        "outcome:failure",
        choices=tuple(get_args(Outcome)),
    ),
    Field("category", Kind.WHOLE, ("activity_category",), "The Activity Log's category.", "category:Policy"),
    Field("connector", Kind.WHOLE, ("connector",), "The connector or file that stored it first.", "connector:prod"),
    Field("title", Kind.CONTAINS, ("title",), "The event's title.", 'title:"role assignment"'),
    Field("correlation", Kind.WHOLE, ("correlation_id",), "The correlation id.", "correlation:f00dcafe*"),
    Field("id", Kind.ID, ("id",), "The event's id, or its first digits.", "id:11a3b073"),
    Field("since", Kind.TIME, ("event_time",), "From this time on.", "since:24h"),
    Field("until", Kind.TIME, ("event_time",), "Before this time.", "until:2026-05-01T10:00:00Z"),
    TEXT,
)
FIELDS: dict[str, Field] = {field.name: field for field in _FIELDS}
NAMES: dict[str, Field] = {name: field for field in _FIELDS for name in (field.name, *field.aliases)}
"""Fields by everything that may be typed for them."""
