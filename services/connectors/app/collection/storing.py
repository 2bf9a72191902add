"""Storing what was read, in one place: new events with their alerts, and the rest in quarantine."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.intake import Intake
from app.detection.engine import detect
from app.events.event import Event
from app.service import Service
from app.storage.events import store_events
from app.storage.quarantine import quarantine_records


async def store_intake(service: Service, connection: AsyncConnection, label: str, intake: Intake) -> list[Event]:
    """Store sorted records under a label in the caller's transaction, which stores no others; return the new events.

    Detection judges them in the same transaction: an event and its alerts are both there, or neither.
    """
    added = await store_events(connection, label, intake.events)
    await quarantine_records(connection, label, intake.quarantined)
    if added:
        rules = await service.rules.current(connection)
        raws = {event.id: raw for event, raw in reversed(intake.events)}  # of two copies the first was stored
        stored = [(event, raws[event.id]) for event in added]
        await detect(connection, rules, stored, label, service.clock.now(), service.rules.note_failure)
        await service.rules.tell_failures(connection)
    return added
