"""Who and what an alert is about: actors, addresses, resources and the principals that were granted something."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.events.event import Event
from app.storage.alerts import Entity


def entities_of(event: Event, facts: Mapping[str, Any]) -> Iterator[Entity]:
    """Yield a record's entities. facts: the derived ones of its operation."""
    if event.actor:
        yield Entity("actor", event.actor)
    if event.src_ip:
        yield Entity("ip", event.src_ip)
    if event.resource_id:
        yield Entity("resource", event.resource_id)
    principal = facts.get("principal_id")
    for each in principal if isinstance(principal, list) else [principal]:
        if isinstance(each, str) and each:
            yield Entity("principal", each)
