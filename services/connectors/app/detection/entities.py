"""Who and what an alert is about: actors, addresses, resources and the principals that were granted something."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.events.event import Event
from app.storage.alerts import Entity


def entities_of(event: Event, facts: Mapping[str, Any]) -> Iterable[Entity]:
    """Yield a record's entities. facts: the derived ones of its operation."""
    raise NotImplementedError
