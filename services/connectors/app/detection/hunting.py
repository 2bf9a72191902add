"""Judging stored history by one rule: what it would have found, and on request the alerts that it would have made."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.clock import iso
from app.collection.ahead import gathered
from app.detection.engine import detect
from app.detection.findings import findings_of, looks_back, members
from app.detection.hits import KEPT_EVENTS, Findings, Hit
from app.detection.judging import Match, fits, judge
from app.detection.operations import Held, by_operation, operation_key
from app.detection.record import Record
from app.detection.rules import ActiveRules, Correlation, EventRule, Rule, RuleSet
from app.errors import InvalidInput
from app.events.event import Event
from app.service import Service
from app.storage.history import Row, count_events, read_acts, stream_events
from app.storage.raw import unpacked
from app.storage.siblings import read_siblings

_BATCHES_AHEAD = 2


@dataclass
class HuntResult:
    """What a hunt did so far.

    events_total: the events of the time whose operation the rule can match at all; events_judged: how many of them were
    judged; events_matched: how many matched; matches: the findings these are (operations, episodes, or things seen
    first). failures: how many the rule could not judge. hits: the first of the findings.
    """

    rule_id: str
    rule_title: str
    since: datetime
    until: datetime
    events_total: int = 0
    events_judged: int = 0
    events_matched: int = 0
    matches: int = 0
    failures: int = 0
    alerts_added: int = 0
    hits: list[Hit] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Return the result as JSON-ready facts; event_ids are those of the hits, in their order."""
        ids = [str(each) for hit in self.hits for each in hit.event_ids][:KEPT_EVENTS]
        facts = {name: value for name, value in vars(self).items() if name != "hits"}
        return facts | {"since": iso(self.since), "until": iso(self.until), "event_ids": ids}


OnProgress = Callable[[HuntResult], None]


async def hunt(
    service: Service,
    rules: RuleSet,
    rule: Rule,
    since: datetime,
    until: datetime,
    on_progress: OnProgress,
    *,
    make_alerts: bool = False,
) -> HuntResult:
    """Judge the stored events of a time by a rule; return what was found.

    rules: where the rules are that a correlation names. on_progress: called after each batch with the result so far,
    which goes on changing. make_alerts: write the alerts that the rule would have made live; those that exist already
    stay as they are. Raises InvalidInput (since_not_before_until).
    """
    check_time(since, until)
    result = HuntResult(rule.id, rule.title, since, until)
    async with service.engine.connect() as connection:
        work = _Hunt(service, connection, only(rule, rules), result, make_alerts)
        await work.to_its_end(rule, on_progress)
    return result


def check_time(since: datetime, until: datetime) -> None:
    """Raise InvalidInput (since_not_before_until) where there is no time between two."""
    if since >= until:
        raise InvalidInput(
            "since_not_before_until", f"{iso(since)} is not before {iso(until)}.", "Give an earlier time since when."
        )


def only(rule: Rule, rules: RuleSet) -> ActiveRules:
    """Return the rules that are one rule's: itself, on, and those it correlates, which make no alerts of their own."""
    if isinstance(rule, EventRule):
        return ActiveRules({rule.id: replace(rule, alerts=True)})
    assert isinstance(rule, Correlation)
    correlated = {member.id: replace(member, alerts=False) for member in members(rule, rules)}
    return ActiveRules(correlated, {rule.id: rule})


class _Hunt:
    """One hunt under way, in a connection of its own for reading."""

    def __init__(
        self,
        service: Service,
        connection: AsyncConnection,
        rules: ActiveRules,
        result: HuntResult,
        make_alerts: bool,
    ) -> None:
        self._service, self._connection, self._rules = service, connection, rules
        self._result, self._make_alerts = result, make_alerts

    async def to_its_end(self, rule: Rule, on_progress: OnProgress) -> None:
        """Judge batch by batch; what was found so far is in the result also when it is interrupted."""
        result, findings = self._result, findings_of(rule, self._result.since)
        since = result.since - looks_back(rule)
        acts = await self._acts()
        result.events_total = await count_events(self._connection, acts, since, result.until)
        on_progress(result)
        try:
            stored = stream_events(self._connection, acts, since, result.until)
            async with aclosing(gathered(stored, _BATCHES_AHEAD)) as batches:
                async for some in batches:
                    await self._take([row for rows in some for row in rows], findings)
                    on_progress(result)
        finally:
            findings.close()
            self._tell(findings)
        on_progress(result)

    async def _acts(self) -> list[int]:
        """Return the operations and categories that can match."""
        rules = self._rules.rules.values()
        acts = await read_acts(self._connection)
        return [act.number for act in acts if any(rule.may_match(act.operation, act.category) for rule in rules)]

    async def _take(self, rows: Sequence[Row], findings: Findings) -> None:
        matches = await self._judge(rows)
        findings.add(matches)
        self._result.events_judged += len(rows)
        self._tell(findings)
        if matches and self._make_alerts:
            await self._alert(rows, matches)

    async def _judge(self, rows: Sequence[Row]) -> list[Match]:
        """Return the matches of a batch in the order of time, each event of a rule once."""
        matches: list[Match] = []
        needing: list[Held] = []
        for row in rows:
            raw = unpacked(row.packed)
            record = Record(row.event, raw)
            for rule in self._rules.candidates(row.event):
                if rule.needs_request:
                    needing.append(Held(row.event, raw, row.connector))
                elif fits(rule, record, self._note_failure):
                    matches.append(Match(rule, record, operation_key(row.event)))
        if needing:
            matches += await self._judge_with_requests(needing)
            matches.sort(key=lambda match: (match.record.event.event_time, match.record.event.id.int))
        return matches

    async def _judge_with_requests(self, found: Sequence[Held]) -> list[Match]:
        """Judge by the rules that read the request, which any record of the operation may carry."""
        async with self._service.engine.connect() as connection:
            others = await read_siblings(connection, by_operation(found), {})
        own = {held.event.id for held in found}
        records = ((held.event, held.raw) for held in (*found, *others))
        matches = judge(self._needing_request, records, self._note_failure)
        once = {(match.rule.id, match.record.event.id): match for match in matches if match.record.event.id in own}
        return list(once.values())

    def _needing_request(self, event: Event) -> list[EventRule]:
        return [rule for rule in self._rules.candidates(event) if rule.needs_request]

    def _note_failure(self, _rule: EventRule, _error: Exception) -> None:
        self._result.failures += 1

    async def _alert(self, rows: Sequence[Row], matches: Sequence[Match]) -> None:
        """Write the alerts of matches as the stream would have; what brought an event is told from its row."""
        brought = {row.event.id: row.connector for row in rows}
        since = self._result.since  # what lies before only says what is new, or completes a window
        of_time = [match.record for match in matches if match.record.event.event_time >= since]
        found = {record.event.id: (record.event, record.raw) for record in of_time}
        by_connector = sorted(found.values(), key=lambda record: brought[record[0].id])
        for connector, records in groupby(by_connector, key=lambda record: brought[record[0].id]):
            now = self._service.clock.now()
            async with self._service.engine.begin() as connection:  # one each, as its locks are taken in order
                done = await detect(connection, self._rules, list(records), connector, now, self._note_failure)
            self._result.alerts_added += done.alerts

    def _tell(self, findings: Findings) -> None:
        result = self._result
        result.events_matched, result.matches, result.hits = findings.events, findings.count, findings.hits
