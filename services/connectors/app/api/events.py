"""Events: searched, counted, and each with its bytes and what belongs to it."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from app.api.contract import attached, octets, problems
from app.api.cursors import Cursor
from app.api.event_models import Count, Events, Histogram, Neighbours, Q, ToldEvent, Top, TopField, event_facts
from app.api.fields import Facts, Items, Limit
from app.clock import iso
from app.errors import NotFound
from app.search.language import parse
from app.service import Service
from app.storage.events import read_raw
from app.storage.figures import histogram, top_values
from app.storage.neighbours import read_neighbours
from app.storage.search import StoredEvent, count, find_page, read_event
from app.web.access import Viewing

router = APIRouter(tags=["events"])
ONE = "/events/{event_id:uuid}"
_encoder = msgspec.json.Encoder()


@router.get("/events", response_model=Events)
async def search_events(
    service: Viewing,
    q: Q = "",
    limit: Limit = 50,
    cursor: Cursor = None,
    order: Annotated[Literal["newest", "oldest"], Query(description="Which comes first.")] = "newest",
) -> Response:
    """Search events by their time, page by page."""
    search = parse(q, service.clock.now())
    async with service.engine.connect() as connection:
        page = await find_page(connection, search, cursor, limit, newest_first=order == "newest")
    return _written({"items": [event_facts(stored) for stored in page.events], "next": page.next_cursor})


@router.get("/events/count", response_model=Count)
async def count_events(
    service: Viewing,
    q: Q = "",
    at_most: Annotated[int, Query(ge=1, le=1_000_000, description="Where counting ends.")] = 10_000,
) -> Facts:
    """Count the events that a search finds."""
    search = parse(q, service.clock.now())
    async with service.engine.connect() as connection:
        number = await count(connection, search, at_most + 1)
    return {"count": min(number, at_most), "more": number > at_most}


@router.get("/events/histogram", response_model=Histogram)
async def read_histogram(
    service: Viewing,
    q: Q = "",
    bucket_seconds: Annotated[
        int | None, Query(ge=1, le=86_400 * 364, description="The bars' width; a round one that fits unless given.")
    ] = None,
) -> Facts:
    """Return how many events of each severity a search finds over time."""
    now = service.clock.now()
    width = timedelta(seconds=bucket_seconds) if bucket_seconds else None
    async with service.engine.connect() as connection:
        told = await histogram(connection, parse(q, now), now, width)
    return {
        "bucket_seconds": told.bucket.total_seconds(),
        "since": iso(told.since),
        "until": iso(told.until),
        "bars": [{"at": iso(bar.at), "counts": bar.counts} for bar in told.bars],
    }


@router.get("/events/top/{field}", response_model=Items[Top], responses=problems(422))
async def read_top(
    service: Viewing,
    field: TopField,
    q: Q = "",
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many.")] = 10,
) -> Facts:
    """Return the most frequent values of a field among what a search finds."""
    search = parse(q, service.clock.now())
    async with service.engine.connect() as connection:
        values = await top_values(connection, search, field.value, limit)
    return {"items": [vars(value) for value in values]}


@router.get(ONE, response_model=ToldEvent)
async def read_one(service: Viewing, event_id: UUID) -> Response:
    """Return an event."""
    return _written(event_facts(await _found(service, event_id)))


@router.get(f"{ONE}/raw", response_class=Response, responses=octets("The bytes as received."))
async def read_one_raw(service: Viewing, event_id: UUID) -> Response:
    """Return an event's bytes exactly as they were received."""
    async with service.engine.connect() as connection:
        found = await read_raw(connection, event_id.hex)
    if not found:
        raise _unknown(event_id)
    return attached(found[0], f"{event_id}.json")


@router.get(f"{ONE}/neighbours", response_model=Neighbours)
async def read_near(
    service: Viewing, event_id: UUID, limit: Annotated[int, Query(ge=1, le=100, description="Of each kind.")] = 20
) -> Response:
    """Return the operation's other records, and what the same actor did and the same resource met an hour around."""
    stored = await _found(service, event_id)
    async with service.engine.connect() as connection:
        near = await read_neighbours(connection, stored, limit)
    return _written({kind: [event_facts(one) for one in found] for kind, found in vars(near).items()})


async def _found(service: Service, event_id: UUID) -> StoredEvent:
    async with service.engine.connect() as connection:
        stored = await read_event(connection, event_id)
    if stored is None:
        raise _unknown(event_id)
    return stored


def _unknown(event_id: UUID) -> NotFound:
    return NotFound("unknown_event", f"There is no event with the id {event_id}.", "Take an id of a search.")


def _written(facts: Any) -> Response:
    """Return facts as JSON; a page of a thousand events would take a validating model many times as long."""
    return Response(_encoder.encode(facts), media_type="application/json")
