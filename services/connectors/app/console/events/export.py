"""The events that a search finds as a file: for spreadsheets, and for programs."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Literal

import msgspec
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.search.language import parse
from app.search.query import Search
from app.service import Service
from app.storage.search import StoredEvent, stream
from app.storage.tables import EVENT_FIELDS
from app.web.access import Viewing

MOST = 100_000
_MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
# What makes a formula of a cell in spreadsheets, or lets one begin (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

export_routes = APIRouter(include_in_schema=False)


@export_routes.get("/events-export")
async def export_events(service: Viewing, q: str = "", form: Literal["csv", "jsonl"] = "csv") -> StreamingResponse:
    """Answer with what a search finds, newest first, MOST events at most, while it is being read."""
    now = service.clock.now()
    search = parse(q, now)
    name = f"events-{now:%Y%m%d-%H%M%S}.{form}"
    return StreamingResponse(
        _lines(service, search, form),
        media_type=_MEDIA[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _lines(service: Service, search: Search, form: str) -> AsyncIterator[bytes]:
    if form == "csv":
        yield csv_line((*EVENT_FIELDS, "connector", "stored_at"))
    async with service.engine.connect() as connection:
        async for stored in stream(connection, search, MOST):
            yield csv_line(cells(stored)) if form == "csv" else json_line(stored)


def cells(stored: StoredEvent) -> tuple[str, ...]:
    """Return an event as the cells of a spreadsheet."""
    told = msgspec.to_builtins(stored.event) | {
        "connector": stored.connector,
        "stored_at": stored.stored_at.isoformat(),
    }
    return tuple(_guarded("" if value is None else str(value)) for value in told.values())


def csv_line(values: tuple[str, ...]) -> bytes:
    """Return cells as a line of a CSV file (RFC 4180)."""
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue().encode()


def json_line(stored: StoredEvent) -> bytes:
    """Return an event as a line of JSON."""
    told = msgspec.to_builtins(stored.event) | {"connector": stored.connector, "stored_at": stored.stored_at}
    return msgspec.json.encode(told) + b"\n"


def _guarded(value: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: events hold what attackers wrote."""
    return f"'{value}" if value.startswith(_FORMULA) else value
