"""Records that could not be understood, with their bytes and the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, desc, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import NotFound
from app.storage.tables import quarantine

_TOLD = (quarantine.c.id, quarantine.c.connector, quarantine.c.source, quarantine.c.code, quarantine.c.reason)


@dataclass(frozen=True)
class Unreadable:
    """A record for quarantine; source: the type of connector that read it; code and reason are those of the Skip."""

    raw: bytes
    source: str
    code: str
    reason: str


@dataclass(frozen=True)
class Quarantined:
    """A record in quarantine, without its bytes, of which there are `size`."""

    id: UUID
    connector: str
    source: str
    code: str
    reason: str
    size: int
    stored_at: datetime


@dataclass(frozen=True)
class Place:
    """Where a list of records stopped."""

    stored_at: datetime
    id: UUID


async def quarantine_records(connection: AsyncConnection, connector: str, records: Sequence[Unreadable]) -> None:
    """Keep records, each content once however often it is read."""
    if not records:
        return
    rows: list[dict[str, Any]] = [
        {
            "id": UUID(bytes=blake2b(record.raw, digest_size=16).digest()),
            "connector": connector,
            "source": record.source,
            "code": record.code,
            "reason": _storable(record.reason),
            "raw": record.raw,
        }
        for record in records
    ]
    rows.sort(key=lambda row: row["id"])  # as events are: two writers never wait for each other in a circle
    await connection.execute(insert(quarantine).on_conflict_do_nothing(), rows)


async def list_quarantined(
    connection: AsyncConnection, limit: int, after: Place | None = None, connector: str | None = None
) -> list[Quarantined]:
    """Return records, those that came last first. after: only what follows that place; connector: only of this one."""
    order = (quarantine.c.stored_at, quarantine.c.id)
    size = func.octet_length(quarantine.c.raw).label("size")
    query = select(*_TOLD, size, quarantine.c.stored_at).order_by(*map(desc, order)).limit(limit)
    if after is not None:
        query = query.where(tuple_(*order) < (after.stored_at, after.id))
    if connector is not None:
        query = query.where(quarantine.c.connector == connector)
    return [Quarantined(**row._asdict()) for row in await connection.execute(query)]


async def find_record(connection: AsyncConnection, id_prefix: str) -> UUID:
    """Return the id of the record whose id begins so (hexadecimal digits).

    Raises NotFound (unknown_record), also where more than one begins so.
    """
    digits = id_prefix.replace("-", "")[:32]
    least, greatest = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
    query = select(quarantine.c.id).where(quarantine.c.id.between(least, greatest)).limit(2)
    found: list[UUID] = list((await connection.execute(query)).scalars())
    if len(found) != 1:
        raise NotFound(
            "unknown_record",
            f"There is {'more than one' if found else 'no'} record in quarantine whose id begins with {id_prefix}.",
            "Take an id of the list of quarantine; a record that was understood meanwhile is an event.",
        )
    return found[0]


async def read_quarantined_raw(connection: AsyncConnection, id_prefix: str) -> bytes:
    """Return a record's bytes as received. id_prefix: as of find_record. Raises NotFound (unknown_record)."""
    record_id = await find_record(connection, id_prefix)
    query = select(quarantine.c.raw).where(quarantine.c.id == record_id)
    return bytes((await connection.execute(query)).scalar_one())


@dataclass(frozen=True)
class Kept:
    """A record to try again."""

    id: UUID
    connector: str
    source: str
    raw: bytes


async def hold_record(connection: AsyncConnection, record_id: UUID) -> Kept | None:
    """Return a record and keep others from trying it until the transaction ends; None when it is gone."""
    return next(iter(await _hold(connection, _kept().where(quarantine.c.id == record_id))), None)


async def hold_records(
    connection: AsyncConnection, connector: str, source: str, after: UUID | None, limit: int
) -> list[Kept]:
    """Return the next records of a connector by id, as hold_record does; what others try now is left to them."""
    query = _kept().where(quarantine.c.connector == connector, quarantine.c.source == source)
    if after is not None:
        query = query.where(quarantine.c.id > after)
    return await _hold(connection, query.limit(limit))


async def quarantined_from(connection: AsyncConnection, connector: str | None = None) -> list[tuple[str, str]]:
    """Return which connectors have records in quarantine, each with its source."""
    query = select(quarantine.c.connector, quarantine.c.source).distinct().order_by(quarantine.c.connector)
    if connector is not None:
        query = query.where(quarantine.c.connector == connector)
    return [(row.connector, row.source) for row in await connection.execute(query)]


async def release_records(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Remove records: they are understood now."""
    await connection.execute(delete(quarantine).where(quarantine.c.id.in_(ids)))


async def note_reason(connection: AsyncConnection, record_id: UUID, code: str, reason: str) -> None:
    """Say why a record is still not understood."""
    change = update(quarantine).where(quarantine.c.id == record_id)
    await connection.execute(change.values(code=code, reason=_storable(reason)))


def _kept() -> Select[Any]:
    query = select(quarantine.c.id, quarantine.c.connector, quarantine.c.source, quarantine.c.raw)
    return query.order_by(quarantine.c.id).with_for_update(skip_locked=True)


async def _hold(connection: AsyncConnection, query: Select[Any]) -> list[Kept]:
    rows = await connection.execute(query)
    return [Kept(row.id, row.connector, row.source, bytes(row.raw)) for row in rows]


def _storable(reason: str) -> str:
    return reason.replace("\0", "\ufffd")
