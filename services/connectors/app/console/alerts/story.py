"""The story of an alert: its operation from Started to the end, its other events, and what the actor did around."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from nicegui import ui

from app.clock import iso
from app.console.connector_words import number
from app.console.events.editing import around, events_address
from app.console.events.rows import outcome_word
from app.console.live import Region
from app.console.parts import age, severity_chip, tag
from app.console.view import View
from app.detection.alerts import AlertDetail, AlertEvent, Timeline, read_timeline
from app.errors import AisocError
from app.search.refine import with_term, with_times
from app.storage.search import StoredEvent

_AROUND = timedelta(hours=1)
_SHOWN = 12


class Story:
    """It is read after the rest of an alert, and again when the alert has more events."""

    def __init__(self, view: View, heading: str, classes: str) -> None:
        self._view, self._heading = view, heading
        self._events: tuple[UUID, ...] | None = None
        with ui.element("section").classes(classes) as self._place:
            self._told = Region(self._draw, "alert-story")
            with self._told.element:
                ui.skeleton().classes("event-skeleton")

    def show(self, detail: AlertDetail) -> None:
        """Tell the story of the alert's events, if they are others than before."""
        events = tuple(each.stored.event.id for each in detail.events)
        if events != self._events:
            self._events = events
            with self._place:
                ui.timer(0.01, lambda: self._read(detail), once=True)

    async def _read(self, detail: AlertDetail) -> None:
        timeline = await read_timeline(await self._view.service(), detail.alert.id)
        self._told.show(timeline, detail.events)

    def _draw(self, timeline: Timeline, events: tuple[AlertEvent, ...]) -> None:
        matched = {each.stored.event.id for each in events if each.rule_id}
        told = {stored.event.id for stored in timeline.operation}
        others = [each.stored for each in events if each.stored.event.id not in told]
        tag(self._heading, "The first operation" if others else "The operation")
        _draw_records(timeline.operation, matched)
        if others:
            tag(self._heading, "Further events of this alert")
            _draw_others(others, timeline.of_alert)
        actor = timeline.operation[0].event.actor if timeline.operation else None
        if actor:
            tag(self._heading, f"{actor}, an hour around")
            _draw_actor(actor, timeline)


def _draw_records(records: Sequence[StoredEvent], matched: set[UUID]) -> None:
    """Draw the records of an operation below each other, as they came."""
    if not records:
        ui.label("Its events are no longer stored.").classes("quiet")
        return
    began = records[0].event.event_time
    with ui.element("ol").classes("steps"):
        for stored in records:
            event = stored.event
            with ui.element("li").classes(f"step step-{event.outcome}"):
                with ui.element("div").classes("step-line"):
                    ui.link(outcome_word(event), f"/events/{event.id}").classes("strong")
                    if event.id in matched:
                        ui.label("the rule matched here").classes("chip severity-info")
                    _time(event.event_time, f"{event.event_time:%H:%M:%S}")
                    if event.event_time > began:
                        ui.label(f"+{age(event.event_time - began)}").classes("quiet small number")
                ui.label(event.title).classes("small wrap")
                with ui.element("div").classes("step-line small"):
                    said = f"from {event.src_ip}" if event.src_ip else "from no address that is known"
                    ui.label(said).classes("quiet wrap")
                    raw = ui.link("Raw", f"/api/v1/events/{event.id}/raw")
                    raw.props["aria-label"] = f"Raw record: {outcome_word(event)}, {event.event_time:%H:%M:%S}"


def _draw_actor(actor: str, timeline: Timeline) -> None:
    others = [stored for stored in timeline.actor if stored.event.id not in timeline.of_alert]
    if not others:
        ui.label("Nothing else.").classes("quiet small")
        return
    _draw_around(timeline.actor, timeline.of_alert)
    try:
        q = with_times(with_term("", "actor", actor), *around(timeline.operation[0].event.event_time, _AROUND))
    except AisocError:  # a name too long for a search
        return
    ui.link("All of them among the events", events_address(q)).classes("small")


def _draw_others(found: Sequence[StoredEvent], of_alert: frozenset[UUID]) -> None:
    """Draw events as a list; what is beyond the first ones opens with a click."""
    _draw_lines(found[:_SHOWN], of_alert)
    _draw_folded(found[_SHOWN:], of_alert, "more")


def _draw_around(found: Sequence[StoredEvent], of_alert: frozenset[UUID]) -> None:
    """Draw the events next to those of the alert; earlier and later ones open with a click."""
    own = next((place for place, stored in enumerate(found) if stored.event.id in of_alert), 0)
    begin = max(0, min(own - _SHOWN // 2, len(found) - _SHOWN))
    _draw_folded(found[:begin], of_alert, "earlier")
    _draw_lines(found[begin : begin + _SHOWN], of_alert)
    _draw_folded(found[begin + _SHOWN :], of_alert, "later")


def _draw_folded(found: Sequence[StoredEvent], of_alert: frozenset[UUID], word: str) -> None:
    if found:
        with ui.element("details").classes("folded"):
            tag("summary", f"{number(len(found), 'event')} {word}")
            _draw_lines(found, of_alert)


def _draw_lines(found: Sequence[StoredEvent], of_alert: frozenset[UUID]) -> None:
    with ui.element("ol").classes("near alert-near"):
        for stored in found:
            event = stored.event
            with ui.element("li").classes("own" if event.id in of_alert else ""):
                _time(event.event_time, f"{event.event_time:%H:%M:%S}")
                severity_chip(event.severity)
                with ui.element("div"):
                    ui.link(event.title, f"/events/{event.id}").classes("wrap")
                    if event.resource_name:
                        ui.label(event.resource_name).classes("quiet small wrap")
                ui.label("this alert" if event.id in of_alert else outcome_word(event)).classes("quiet small")


def _time(at: datetime, said: str) -> None:
    ui.label(said).classes("quiet small number").props["title"] = iso(at)
