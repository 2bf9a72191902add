"""What must hold at every moment of a story, judged from what the cloud showed and what the database holds."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from simulation.server import Server
from simulation.told import Told
from simulation.world import PROMPT, Published

from app.storage.raw import unpacked

# Clocks are compared to the second.
_EXACT = timedelta(seconds=2)
# What the product allows a poll for beginning late and taking its time.
_LATE_POLL = timedelta(seconds=30)
# Azure's own figure, which the product counts on from the first day: later events may surprise it once.
_USUAL = timedelta(minutes=20)


class Oracle:
    """Judges; each method returns what is wrong, nothing when all is well."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def stored(self) -> set[str]:
        return {external_id for (external_id,) in self._server.rows("SELECT lower(external_id) FROM events")}

    def judge_told(self, events: list[Published], told: Told, now: datetime, stored: set[str]) -> Iterable[str]:
        """Judge what the product tells of a connector."""
        prompt = [event for event in events if event.prompt and event.readable <= now and event.event_id not in stored]
        if told.state == "healthy":
            yield from _missing("healthy", prompt, now - told.allowed - _LATE_POLL - PROMPT - _EXACT)
        if told.covered_until is not None:
            yield from _missing("covered", prompt, told.covered_until - PROMPT - _EXACT)
        if told.settled_until is not None:
            usual = [event for event in events if event.lag <= _USUAL and event.event_id not in stored]
            yield from _missing("settled", usual, told.settled_until - _EXACT)

    def judge_end(self, events: list[Published], *, counted: bool) -> Iterable[str]:
        """Judge the whole. counted: no poll was cut off from its database, so that the history's counts add up."""
        found = self._server.rows("SELECT lower(external_id), raw FROM events")
        rows = [(event_id, unpacked(bytes(raw))) for event_id, raw in found]
        times = Counter(event_id for event_id, _ in rows)
        known = {event.event_id: event for event in events}
        yield from (f"lost: {_told(event)}" for event in events if event.event_id not in times)
        yield from (f"stored {many} times: {event_id}" for event_id, many in times.items() if many > 1)
        yield from (f"never shown: {event_id}" for event_id in times if event_id not in known)
        yield from (
            f"raw bytes differ: {event_id}"
            for event_id, raw in rows
            if event_id in known and raw not in known[event_id].bodies
        )
        yield from self._judge_history(len(rows), counted=counted)

    def _judge_history(self, stored: int, *, counted: bool) -> Iterable[str]:
        [(read, sorted_out, added)] = self._server.rows(
            "SELECT sum(events_read), sum(events_added + events_dropped + events_duplicate + events_quarantined),"
            " sum(events_added) FROM polls"
        )
        if read != sorted_out:
            yield f"history: {read} read, but {sorted_out} added, dropped, known or in quarantine"
        if counted and added != stored:
            yield f"history: {added} added, but {stored} stored"
        for (code,) in self._server.rows("SELECT DISTINCT error->>'code' FROM polls WHERE error IS NOT NULL"):
            if code == "unforeseen_error":
                yield "a poll met an error that the product does not know"
        for (reason,) in self._server.rows("SELECT reason FROM quarantine"):
            yield f"in quarantine: {reason}"


def _missing(claim: str, events: list[Published], before: datetime) -> Iterable[str]:
    missing = [event for event in events if event.at < before]
    if missing:
        yield f"{claim} until {before:%d %H:%M:%S} is untrue: {len(missing)} missing, as {_told(missing[0])}"


def _told(event: Published) -> str:
    return f"{event.event_id} of {event.at:%d %H:%M:%S}, readable {event.readable:%d %H:%M:%S}"
