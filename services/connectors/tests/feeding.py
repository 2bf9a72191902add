"""Pages of made-up events, fed to correlations and first-seen rules as the engine feeds them."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from conftest import NOW
from naive_detections import RULES, a_match, an_event_rule
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.detection.correlating import correlate
from app.detection.first_seen import note_spans
from app.detection.rules import ActiveRules, Correlation
from app.events.event import Event
from app.storage.events import store_events

_EMPTY = ("alert_changes", "alert_entities", "alert_events", "alerts", "sightings", "spans", "event_facts", "events")
_ALERTS = """
    SELECT alerts.*, array(SELECT event_id FROM alert_events WHERE alert_id = alerts.id AND rule_id <> '') AS of_events
    FROM alerts WHERE superseded_by IS NULL
"""


@asynccontextmanager
async def opened(url: URL) -> AsyncIterator[AsyncEngine]:
    """A new process's engine on a database."""
    engine = create_async_engine(url, isolation_level="READ COMMITTED")
    try:
        yield engine
    finally:
        await engine.dispose()


def rule_set(*correlations: Correlation, **first_seen: dict[str, Any]) -> ActiveRules:
    """Return the rules a, b and c, some with facts of their own, and correlations of them."""
    rules = {name: an_event_rule(name, **changes) for name, changes in first_seen.items()}
    rules |= {name: an_event_rule(name) for name in RULES if name not in rules}
    return ActiveRules(rules=rules, correlations={each.id: each for each in correlations})


async def feed(engine: AsyncEngine, rules: ActiveRules, events: Iterable[Event]) -> None:
    """Store a page of events and note what matches, as the engine does."""
    async with engine.begin() as connection:
        stored = await store_events(connection, "lab", [(event, b"{}") for event in events])
        matches = [a_match(rule, event) for event in stored for rule in rules.candidates(event)]

        await correlate(connection, rules, matches, NOW)
        await note_spans(connection, matches, NOW)


async def feed_all(url: URL, rules: ActiveRules, batches: Sequence[Sequence[Event]], workers: int = 1) -> list[Any]:
    """Feed batches into an empty store, and return its alerts."""
    async with opened(url) as engine:
        async with engine.begin() as connection:
            for table in _EMPTY:
                await connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours

        async def work(own: Sequence[Sequence[Event]]) -> None:
            for batch in own:
                await feed(engine, rules, batch)

        await asyncio.gather(*(work(batches[number::workers]) for number in range(workers)))
        return await alerts_in(engine)


async def alerts_in(engine: AsyncEngine) -> list[Any]:
    """Return the alerts that are in the queue, each with `of_events`: the ids of those that matched."""
    async with engine.connect() as connection:
        return [row._mapping for row in await connection.execute(text(_ALERTS))]
