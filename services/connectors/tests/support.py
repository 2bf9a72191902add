"""Helpers that several test files share."""

import asyncio
from typing import Any

from sqlalchemy import text

from app.service import Service


async def query(service: Service, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    """Return a query's rows as dicts."""
    async with service.engine.connect() as connection:
        return [row._asdict() for row in await connection.execute(text(sql), parameters)]


async def until_hanging(lab: Any) -> None:
    """Wait until a request has met the hang that was injected."""
    while lab.cloud.faults.pending:
        await asyncio.sleep(0.01)
