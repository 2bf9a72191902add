"""Records in quarantine, tried again: what is understood now becomes an event, what is not stays with its reason."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import iso
from app.collection.intake import Intake
from app.collection.storing import store_intake
from app.connectors import get_connector
from app.errors import NotFound, Skip
from app.events.event import Event
from app.security.roles import Role
from app.service import Service
from app.storage.audit import note_change
from app.storage.quarantine import (
    Kept,
    Quarantined,
    hold_record,
    hold_records,
    note_reason,
    quarantined_from,
    release_records,
)

_BATCH = 100


@dataclass
class Retried:
    """What became of records that were tried again: tried = added + duplicate + dropped + kept.

    dropped: left out on purpose, as reads are; kept: still not understood.
    """

    tried: int = 0
    added: int = 0
    duplicate: int = 0
    dropped: int = 0
    kept: int = 0

    def facts(self) -> dict[str, Any]:
        """Return it as JSON-ready facts."""
        return asdict(self)


def record_facts(record: Quarantined) -> dict[str, Any]:
    """Return a record in quarantine as JSON-ready facts."""
    return asdict(record) | {"id": str(record.id), "stored_at": iso(record.stored_at)}


async def retry_record(service: Service, record_id: UUID) -> Retried:
    """Try a record again. Raises NotFound (unknown_record) when it is not there, or somebody tries it just now."""
    service.actor.need(Role.ANALYST)
    result = Retried()
    async with service.engine.begin() as connection:
        record = await hold_record(connection, record_id)
        if record is None:
            raise NotFound(
                "unknown_record", f"There is no record {record_id} in quarantine.", "List the quarantine again."
            )
        await _try(service, connection, [record], result)
        await note_change(
            connection, service.actor, service.clock.now(), "quarantine.retry", str(record_id), result.facts()
        )
    return result


async def retry_quarantine(service: Service, connector: str | None = None) -> Retried:
    """Try all records again, or those of a connector, a batch in a transaction."""
    service.actor.need(Role.ANALYST)
    result = Retried()
    async with service.engine.connect() as connection:
        groups = await quarantined_from(connection, connector)
    for name, source in groups:
        last: UUID | None = None
        while True:
            async with service.engine.begin() as connection:
                records = await hold_records(connection, name, source, last, _BATCH)
                if not records:
                    break
                await _try(service, connection, records, result)
            last = records[-1].id
    async with service.engine.begin() as connection:
        target = connector or "all records"
        await note_change(connection, service.actor, service.clock.now(), "quarantine.retry", target, result.facts())
    return result


async def _try(service: Service, connection: AsyncConnection, records: list[Kept], result: Retried) -> None:
    """Try records of one connector in the caller's transaction. An event is stored before its record is released."""
    source = get_connector(records[0].source)
    understood: list[tuple[Event, bytes]] = []
    released: list[UUID] = []
    for record in records:
        try:
            event = source.normalize(record.raw)
        except Skip as problem:
            await note_reason(connection, record.id, problem.code, problem.message)
            continue
        released.append(record.id)
        if event is not None:
            understood.append((event, record.raw))
    intake = Intake(read=len(records), events=understood)
    added = await store_intake(service, connection, records[0].connector, intake)
    await release_records(connection, released)
    result.tried += len(records)
    result.added += len(added)
    result.duplicate += len(understood) - len(added)
    result.dropped += len(released) - len(understood)
    result.kept += len(records) - len(released)
