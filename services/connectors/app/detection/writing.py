"""What an alert says, made of the records that it is about."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.detection.operations import Held
from app.detection.rules import Rule
from app.storage.alerts import Draft


def alert_id(rule_id: str, about: bytes) -> UUID:
    """Return the id of a rule's alert about something: an operation's key, or what identifies a group's episode."""
    raise NotImplementedError


def draft_alert(
    rule: Rule,
    identity: UUID,
    records: Sequence[Held],
    matched: Mapping[UUID, str],
    *,
    operation: bytes | None = None,
    group_key: bytes | None = None,
) -> Draft:
    """Return the alert of a rule about records: a function of these alone, in whatever order they come.

    matched: by event id the event rule that it matched; records that are not in it only came with their operation.
    The outcome is that of the last record with a final one; facts and entities are those of all the records.
    """
    raise NotImplementedError
