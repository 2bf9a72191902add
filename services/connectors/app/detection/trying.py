"""Trying rules out: whether a text can be one, and why a rule matches an event or does not."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.detection.explaining import Explained, explain
from app.detection.findings import members
from app.detection.judging import requests_of
from app.detection.operations import Held, by_operation
from app.detection.record import Record
from app.detection.rule_views import need_rule
from app.detection.rules import EventRule, RuleSet
from app.errors import InvalidInput, NotFound
from app.security.roles import Role
from app.service import Service
from app.storage.siblings import read_records, read_siblings

LONGEST_TEXT = 100_000


@dataclass(frozen=True)
class Explanation:
    """An event judged by an event rule, part by part."""

    rule: EventRule
    tree: Explained


async def check_rules(service: Service, text: str) -> RuleSet:
    """Return the rules that a text holds, and what of it cannot be used; nothing is stored.

    Its correlations may name rules that are in force. Raises InvalidInput (rule_too_long).
    """
    service.actor.need(Role.ANALYST)
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(
            "rule_too_long", f"The text is longer than {LONGEST_TEXT:,} characters.", "Check one rule at a time."
        )
    return await service.rules.check(text)


async def explain_event(service: Service, rule_id: str, event_id: UUID) -> list[Explanation]:
    """Judge a stored event by a rule, or by each that a correlation counts; with its operation's request.

    Raises NotFound (unknown_rule, unknown_event).
    """
    service.actor.need(Role.VIEWER)
    async with service.engine.connect() as connection:
        active = await service.rules.current(connection)
        wanted = members(need_rule(active, rule_id), active)
        records = await _operation_of(connection, event_id)
    return await asyncio.to_thread(lambda: [Explanation(rule, _judged(rule, records)) for rule in wanted])


async def _operation_of(connection: AsyncConnection, event_id: UUID) -> list[Held]:
    """Return an event and the other records of its operation, itself first. Raises NotFound (unknown_event)."""
    own = await read_records(connection, [event_id])
    if not own:
        raise NotFound("unknown_event", f"There is no event with the id {event_id}.", "Take an id of a search.")
    return [*own, *await read_siblings(connection, by_operation(own), {})]


def _judged(rule: EventRule, records: Sequence[Held]) -> Explained:
    """Judge the first of an operation's records as the stream does: with its own request, or any of the operation's."""
    first, (own, different) = records[0], requests_of((held.event, held.raw) for held in records)
    bodies: Sequence[Mapping[str, Any] | None] = different if own[0] is None and rule.needs_request else own[:1]
    told = [explain(rule, Record(first.event, first.raw, body)) for body in bodies or [None]]
    return next((each for each in told if each.matched), told[0])
