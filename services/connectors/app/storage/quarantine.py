"""Records that could not be understood, with their bytes and the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.tables import quarantine


@dataclass(frozen=True)
class Unreadable:
    """A record for quarantine; code and reason are those of the Skip."""

    raw: bytes
    code: str
    reason: str


async def quarantine_records(connection: AsyncConnection, connector: str, records: Sequence[Unreadable]) -> None:
    """Keep records, each content once however often it is read."""
    if not records:
        return
    rows: list[dict[str, Any]] = [
        {
            "id": UUID(bytes=blake2b(record.raw, digest_size=16).digest()),
            "connector": connector,
            "code": record.code,
            "reason": record.reason.replace("\0", "\ufffd"),
            "raw": record.raw,
        }
        for record in records
    ]
    rows.sort(key=lambda row: row["id"])  # as events are: two writers never wait for each other in a circle
    await connection.execute(insert(quarantine).on_conflict_do_nothing(), rows)
