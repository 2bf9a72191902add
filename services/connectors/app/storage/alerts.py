"""Writing alerts: made once, filled in as records arrive, superseded, suppressed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Outcome, Severity

AlertKind = Literal["event", "first_seen", "correlation", "severity"]
EntityKind = Literal["actor", "ip", "resource", "principal"]


@dataclass(frozen=True)
class Entity:
    """Who or what an alert is about. shown: as the first record spells it; compared in lower case."""

    kind: EntityKind
    shown: str

    @property
    def value(self) -> str:
        """What it is compared by."""
        return self.shown.lower()


@dataclass(frozen=True)
class Draft:
    """An alert as its records make it, without what people did to it.

    events: by id the time of each record, and the event rule that it matched ("" where it only came with its
    operation). operation: the operation that it is about, where it is one; group_key: of correlations and first-seen
    rules.
    """

    id: UUID
    rule_id: str
    rule_title: str
    kind: AlertKind
    severity: Severity
    title: str
    outcome: Outcome
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    facts: Mapping[str, Any]
    connector: str
    subscription_id: str | None
    first_time: datetime
    last_time: datetime
    events: Mapping[UUID, tuple[datetime, str]]
    entities: tuple[Entity, ...]
    operation: bytes | None = None
    group_key: bytes | None = None


@dataclass(frozen=True)
class Written:
    """Which alerts are new and which changed, by id."""

    created: tuple[UUID, ...] = ()
    changed: tuple[UUID, ...] = ()


async def hold_alerting(connection: AsyncConnection, operations: Sequence[bytes] = ()) -> None:
    """Hold off, until the transaction's end, others who write alerts about these operations, and new suppressions.

    Before anything about alerts is read or written in the transaction.
    """
    raise NotImplementedError


async def hold_suppressions(connection: AsyncConnection) -> None:
    """Hold off, until the transaction's end, all who write alerts, before suppressions change: none is missed."""
    raise NotImplementedError


async def write_alerts(connection: AsyncConnection, drafts: Sequence[Draft], now: datetime) -> Written:
    """Make alerts that are new, and fill in those that exist: what people did to them stays, closed ones stay closed.

    Records and entities are added to those an alert has; times only spread; severity, title, outcome and facts are
    the draft's. Suppressions are applied, and the history is written.
    """
    raise NotImplementedError


async def supersede(connection: AsyncConnection, by: Mapping[UUID, UUID | None], now: datetime) -> None:
    """Take alerts out of the queue in favour of others that say the same and more; None puts one back."""
    raise NotImplementedError


async def apply_suppressions(
    connection: AsyncConnection, alert_ids: Sequence[UUID] | None = None, suppression_id: UUID | None = None
) -> dict[UUID, UUID | None]:
    """Judge again by which suppression alerts are out of the queue; return those that changed, by id.

    Either of these alerts, or of all that a suppression is or may be about (after it was made or removed). An alert is
    suppressed by the earliest that is not removed, whose rule (or any) and entity (or any) are the alert's, and whose
    `until` is not before the alert's first time. Closed alerts are not suppressed any more.
    """
    raise NotImplementedError
