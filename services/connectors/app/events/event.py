"""The normalized event: one form for every source, and its place in the order of severities."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec


class Severity(StrEnum):
    """How much an event matters, least first."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """The place in the order: 0 for info, 4 for critical."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}

Outcome = Literal["success", "failure", "in_progress", "unknown"]
ActorType = Literal["user", "application", "managed_identity", "platform", "unknown"]


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What happened, to what, by whom, and how much it matters. Field names are a contract with every reader.

    id: made from the record's identity, the same for each copy of it. external_id: the source's own id, as received.
    event_time, available_time: when it happened and when it became readable, in UTC with microseconds.
    event_type: the operation in lower case, to group and compare by. operation: as the record spells it.
    resource_id: the target of the ARM operation.
    """

    id: UUID
    source: str
    external_id: str | None
    category: str
    event_time: datetime
    available_time: datetime | None
    severity: Severity
    severity_reason: str
    event_type: str
    operation: str | None
    title: str
    status: str | None
    outcome: Outcome
    activity_category: str | None
    actor: str | None
    actor_email: str | None
    actor_type: ActorType
    app_id: str | None
    src_ip: str | None
    resource_id: str | None
    resource_type: str | None
    resource_group: str | None
    resource_name: str | None
    subscription_id: str | None
    tenant_id: str | None
    correlation_id: str | None
    operation_id: str | None
