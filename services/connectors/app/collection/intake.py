"""A page of raw records, sorted into events, reads that are dropped, and records for quarantine."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.connectors.base import Connector
from app.errors import Skip
from app.events.event import Event
from app.storage.quarantine import Unreadable


@dataclass
class Intake:
    """The sorted page: read = events + dropped + quarantined."""

    read: int = 0
    events: list[tuple[Event, bytes]] = field(default_factory=list)
    dropped: int = 0
    quarantined: list[Unreadable] = field(default_factory=list)

    @classmethod
    def joined(cls, pages: Iterable["Intake"]) -> "Intake":
        """Return several pages as one."""
        whole = cls()
        for page in pages:
            whole.read += page.read
            whole.events += page.events
            whole.dropped += page.dropped
            whole.quarantined += page.quarantined
        return whole


def sort_records(connector: Connector, records: Iterable[bytes]) -> Intake:
    """Normalize each record; one that cannot be understood never stops the rest."""
    intake = Intake()
    for raw in records:
        intake.read += 1
        try:
            event = connector.normalize(raw)
        except Skip as problem:
            intake.quarantined.append(Unreadable(raw, connector.id, problem.code, problem.message))
            continue
        if event is None:
            intake.dropped += 1
        else:
            intake.events.append((event, raw))
    return intake
