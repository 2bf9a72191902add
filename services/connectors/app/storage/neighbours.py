"""What belongs to an event: its operation's other records, and what else happened around that time."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, false, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.events.event import Event
from app.storage.dimensions import ACTOR, facts
from app.storage.reading import reading
from app.storage.search import StoredEvent, read_stored
from app.storage.tables import events

_AROUND = timedelta(hours=1)
# An operation may take long, and its records are far fewer than those of a day.
_OPERATION_AROUND = timedelta(days=1)


@dataclass(frozen=True)
class Neighbours:
    """Events near an event, itself left out, nearest in time first.

    operation: records with the same correlation id, or operation id; actor, resource: by the same actor and on the same
    resource, an hour around.
    """

    operation: tuple[StoredEvent, ...]
    actor: tuple[StoredEvent, ...]
    resource: tuple[StoredEvent, ...]


async def read_neighbours(connection: AsyncConnection, stored: StoredEvent, limit: int = 20) -> Neighbours:
    """Return what is near an event, so many of each kind at most. Raises Retry (search_too_slow)."""
    event = stored.event
    own = select(facts.c.actor, facts.c.place).where(facts.c.event_time == event.event_time, facts.c.id == event.id)
    async with reading(connection):
        numbers = (await connection.execute(own)).one_or_none()
        if numbers is None:
            return Neighbours((), (), ())
        actor, place = numbers
        operation = await _near(connection, event, _same_operation(event, place), _OPERATION_AROUND, limit)
        by_actor = await _near(connection, event, _same_actor(actor), _AROUND, limit) if event.actor else ()
        on_resource = (
            await _near(connection, event, facts.c.place == place, _AROUND, limit) if event.resource_id else ()
        )
        return Neighbours(operation, by_actor, on_resource)


def _same_operation(event: Event, place: int) -> ColumnElement[bool]:
    """Return the condition that a record is of the same operation: without a correlation id, on the same resource."""
    if event.correlation_id:
        return facts.c.correlation_id == event.correlation_id.lower()
    if event.operation_id:
        same = select(events.c.id).where(events.c.id == facts.c.id, events.c.operation_id == event.operation_id)
        return and_(facts.c.place == place, same.exists())
    return false()


def _same_actor(actor: int) -> ColumnElement[bool]:
    table = ACTOR.table
    name = select(table.c.actor).where(table.c.id == actor).scalar_subquery()
    return facts.c.actor.in_(select(table.c.id).where(table.c.actor == name))


async def _near(
    connection: AsyncConnection, event: Event, condition: ColumnElement[bool], around: timedelta, limit: int
) -> tuple[StoredEvent, ...]:
    """Return the nearest events that meet a condition, without the event itself."""
    moment = event.event_time
    distance = func.abs(func.extract("epoch", facts.c.event_time - moment))
    query = (
        select(facts.c.id)
        .where(facts.c.event_time.between(moment - around, moment + around), facts.c.id != event.id, condition)
        .order_by(distance, facts.c.event_time, facts.c.id)
        .limit(limit)
    )
    return await read_stored(connection, list((await connection.execute(query)).scalars()))
