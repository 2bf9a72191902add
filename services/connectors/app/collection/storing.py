"""Storing what was read, in one place: new events with their alerts, and the rest in quarantine."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.intake import Intake
from app.events.event import Event
from app.service import Service
from app.storage.events import store_events
from app.storage.quarantine import quarantine_records


async def store_intake(service: Service, connection: AsyncConnection, label: str, intake: Intake) -> list[Event]:  # noqa: ARG001
    """Store sorted records under a label in the caller's transaction, which stores no others; return the new events.

    Detection judges them in the same transaction: an event and its alerts are both there, or neither.
    """
    added = await store_events(connection, label, intake.events)
    await quarantine_records(connection, label, intake.quarantined)
    return added
