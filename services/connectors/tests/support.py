"""Helpers that several test files share."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.service import Service

# Where tests ask the web application: by a name that it is known by.
ADDRESS = "http://localhost:8080"


async def query(service: Service, sql: str, **parameters: Any) -> list[dict[str, Any]]:
    """Return a query's rows as dicts."""
    async with service.engine.connect() as connection:
        return [row._asdict() for row in await connection.execute(text(sql), parameters)]


async def until_hanging(lab: Any) -> None:
    """Wait until a request has met the hang that was injected."""
    while lab.cloud.faults.pending:
        await asyncio.sleep(0.01)


def story(lab: Any) -> list[Any]:
    """Return a granted role, a failed write and two routine writes, five minutes ago."""
    at = lab.clock.now() - timedelta(minutes=5)
    return [
        *lab.operation("Microsoft.Authorization/roleAssignments/write", at),
        *lab.operation("Microsoft.Storage/storageAccounts/write", at, outcome="Failed"),
        *lab.operation("Microsoft.Storage/storageAccounts/write", at),
    ]


def wait_until(fact: Callable[[], Any], seconds: float = 40) -> None:
    """Wait until a fact holds."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def stored(aisoc: Any) -> int:
    """Return how many events are stored."""
    return len(aisoc("events", "--json")[0].splitlines())
