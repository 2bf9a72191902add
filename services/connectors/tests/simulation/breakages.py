"""The product broken on purpose, as others are by mistake: each of these the simulation must notice."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid5

from simulation.world import LOOKBACK_HOURS

from app.collection import health, poll, read, storing, windows
from app.collection.ahead import gathered
from app.collection.intake import Intake, sort_records
from app.connectors import azure_activity
from app.detection import engine
from app.errors import AisocError
from app.microsoft import session, skew
from app.microsoft.paging import read_pages


@dataclass(frozen=True)
class Breakage:
    """What is broken, how, and the configuration of the connectors with it. seed: from which on to look for it."""

    name: str
    broken: Callable[[], Any] = nullcontext
    config: dict[str, Any] = field(default_factory=dict)
    seed: int = 0


def _replaced(owner: Any, name: str, value: Any) -> Callable[[], Any]:
    return lambda: patch.object(owner, name, value)


def _end_at(*codes: str) -> Callable[[], Any]:
    """Take these errors of a page for the end of the list."""

    async def pages(*arguments: Any) -> AsyncIterator[list[bytes]]:
        try:
            async for page in read_pages(*arguments):
                yield page
        except AisocError as error:
            if codes and error.code not in codes:
                raise

    return _replaced(azure_activity, "read_pages", pages)


async def _told_first(reader: read.Reader, window: Any, result: Any, on_page: Any, gap: Any = None) -> None:
    await read._note(reader, window, reader.now, gap)
    await read.read_windows(reader, window, result, on_page, gap)


async def _told_anyway(reader: read.Reader, window: Any, result: Any, on_page: Any, gap: Any = None) -> None:
    try:
        await read.read_windows(reader, window, result, on_page, gap)
    except AisocError:
        await read._note(reader, window, reader.now, gap)
        raise


async def _all_but_the_last(items: AsyncIterator[Any], most: int) -> AsyncIterator[list[Any]]:
    held: list[Any] = []
    async for batch in gathered(items, most):
        held += batch
        if held[:-1]:
            yield held[:-1]
        held = held[-1:]


@contextmanager
def _ids_of_their_own() -> Iterator[None]:
    made = iter(range(1 << 30))
    with patch.object(azure_activity, "_identity", lambda *_: uuid5(UUID(int=0), str(next(made)))):
        yield


def _from_now_on(reader: read.Reader, since: datetime | None) -> datetime:
    return since or reader.now - timedelta(hours=LOOKBACK_HOURS)


def _as_spelled(event_id: str | None, raw: bytes) -> UUID:
    return uuid5(UUID(int=0), event_id or raw.decode())


def _written_anew(*arguments: Any) -> Intake:
    intake = sort_records(*arguments)
    intake.events = [(event, json.dumps(json.loads(raw)).encode()) for event, raw in intake.events]
    return intake


def _green_unless_failing(row: Any, covered_until: Any, behind: Any, widths: Any, failures: Any) -> str:
    return "failing" if failures.count else "healthy"


async def _no_siblings(*_: Any) -> list[Any]:
    return []


async def _the_first_only(connection: Any, rules: Any, stored: Any, *others: Any) -> Any:
    return await engine.detect(connection, rules, stored[:1], *others)


BREAKAGES = (
    Breakage("an operation's stored records are not read", _replaced(engine, "read_siblings", _no_siblings)),
    Breakage("a page's first event is judged", _replaced(storing, "detect", _the_first_only)),
    Breakage("the ledger is told before the last page", _replaced(poll, "read_windows", _told_first)),
    Breakage("the ledger is told of a failed poll", _replaced(poll, "read_windows", _told_anyway)),
    Breakage("the last page is not stored", _replaced(read, "gathered", _all_but_the_last)),
    Breakage("an error is the end of the list", _end_at()),
    Breakage("a loop of links is the end", _end_at("link_loop"), seed=13),
    Breakage("a truncated page is the end", _end_at("connection_broken")),
    Breakage("a malformed page is the end", _end_at("malformed_page")),
    Breakage("a foreign link is the end", _end_at("foreign_link")),
    Breakage("a foreign link is followed", _replaced(session, "_origin", lambda _url: None)),
    Breakage("an event has a new id each time", _ids_of_their_own),
    Breakage("ids are compared as they are spelled", _replaced(azure_activity, "_identity", _as_spelled)),
    Breakage("raw bytes are written anew", _replaced(read, "sort_records", _written_anew)),
    Breakage("no overlap", config={"overlap_seconds": 0}, seed=12),
    Breakage("no sweep and no audit", config={"sweep_minutes": 0}),
    Breakage("no audit", _replaced(windows, "AUDIT_EVERY", timedelta(days=1000))),
    Breakage("neither overlap, sweep nor audit", config={"overlap_seconds": 0, "sweep_minutes": 0}),
    Breakage("a first read that fails moves its beginning", _replaced(poll, "_first_start", _from_now_on)),
    Breakage("the source's clock is not asked", _replaced(skew.Skew, "note", lambda *_: None)),
    Breakage("all that is read is settled", _replaced(read, "settled_part", lambda window, *_: window)),
    Breakage("healthy is that the last call did not fail", _replaced(health, "_state", _green_unless_failing)),
)
