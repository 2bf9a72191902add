"""Hunts on a rule's page: asking for one, its progress while it runs, what it found."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from nicegui import ui

from app.clock import iso
from app.console.connector_actions import opened_dialog
from app.console.connector_words import number
from app.console.events.rows import outcome_word
from app.console.live import Region, text
from app.console.parts import finding, moment, severity_chip
from app.console.rules.words import HUNT_SPANS, hunt_share, hunt_title, hunt_words
from app.console.view import View
from app.detection.hunts import request_hunt, stop_hunt
from app.detection.rules import Rule
from app.security.roles import Role
from app.storage.hunts import HuntRow
from app.storage.search import StoredEvent, read_stored

_STEP = 20


def ask_hunt(view: View, rule: Rule) -> None:
    """Ask how far back to look, and for the hunt."""
    with opened_dialog(f"Hunt with {rule.title}") as dialog:
        ui.label(
            "Judges the stored events of a time by this rule, also what came before the rule was there. "
            "Detection goes on meanwhile."
        ).classes("quiet wrap")
        span = ui.toggle(HUNT_SPANS, value="7")
        span.props('dense no-caps unelevated aria-label="How far back"').classes("spans")
        alerts = ui.checkbox("Also make alerts of what is found", value=False)
        with ui.row().classes("dialog-buttons"):
            ui.button("Cancel", on_click=dialog.close).props("flat")

            async def start() -> None:
                days = int(span.value) if span.value in HUNT_SPANS else 7
                service = await view.service()
                now = service.clock.now()
                await request_hunt(service, rule.id, now - timedelta(days=days), now, make_alerts=alerts.value is True)
                dialog.close()
                ui.notify("The hunt begins within seconds. Its progress is shown on this page.", type="positive")

            ui.button("Start hunt", icon="travel_explore", on_click=start).props("unelevated")


class Hunts:
    """The list of a rule's hunts; a line stays as long as its hunt is listed."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._lines: dict[UUID, _Line] = {}
        self._place = Region(self._draw, "readings")

    def show(self, hunts: tuple[HuntRow, ...], now: datetime) -> None:
        """Show the hunts, those asked for last first."""
        self._place.show(tuple(hunt.id for hunt in hunts))
        for hunt in hunts:
            self._lines[hunt.id].show(hunt, now)

    def _draw(self, ids: tuple[UUID, ...]) -> None:
        self._lines = {each: _Line(self._view, each) for each in ids}
        if not ids:
            hint = "Hunt to see what it finds in the past." if self._view.may(Role.ANALYST) else "An analyst may hunt."
            ui.label(f"Nobody hunted with this rule yet. {hint}").classes("quiet")


class _Line:
    """One hunt."""

    def __init__(self, view: View, hunt_id: UUID) -> None:
        self._view, self._id = view, hunt_id
        self._ids: tuple[UUID, ...] = ()
        with ui.element("div").classes("reading hunt"):
            with ui.element("div").classes("reading-top"):
                self._title = ui.label().classes("strong wrap")
                self._stop = Region(self._draw_stop)
            self._bar = ui.linear_progress(value=0, show_value=False).props("rounded size=8px")
            self._bar.props["aria-label"] = "Progress of the hunt"
            self._words = ui.label().classes("wrap small").props("role=status")
            self._error = Region(_draw_error)
            self._found = Region(self._draw_found)

    def show(self, hunt: HuntRow, now: datetime) -> None:
        """Show how far the hunt is, and once it has ended what it found."""
        share = hunt_share(hunt)
        text(self._title, hunt_title(hunt, now))
        text(self._words, hunt_words(hunt))
        self._bar.set_visibility(hunt.open)
        self._bar.props.set_bool("indeterminate", share is None)
        self._bar.set_value(round(share or 0.0, 3))
        self._stop.show(hunt.open and self._view.may(Role.ANALYST))
        self._error.show(hunt.error)
        told = hunt.progress or {}
        ids = () if hunt.open else tuple(UUID(each) for each in told.get("event_ids", ()))
        self._found.show(ids, told.get("events_matched", 0))

    def _draw_stop(self, can_stop: bool) -> None:
        if can_stop:
            button = ui.button("Stop", on_click=partial(_stop, self._view, self._id)).props("flat dense color=negative")
            button.props["aria-label"] = "Stop the hunt"

    def _draw_found(self, ids: tuple[UUID, ...], matched: int) -> None:
        if ids:
            with ui.expansion(f"Show {number(matched, 'event')}").props("dense expand-separator=false") as opened:
                found = _Found(self._view, ids, matched)
            opened.classes("hunt-found").on_value_change(lambda change: found.more() if change.value else None)


class _Found:
    """The events that a hunt found, read as somebody looks at them."""

    def __init__(self, view: View, ids: Sequence[UUID], matched: int) -> None:
        self._view, self._ids, self._matched = view, ids, matched
        self._read = 0
        self._list = ui.element("ul").classes("near found-events")
        self._more = ui.button("Show more", on_click=self._next).props("flat dense")
        self._note = ui.label().classes("quiet small")
        self._more.set_visibility(False)

    async def more(self) -> None:
        """Show the first events, unless they are there."""
        if not self._read:
            await self._next()

    async def _next(self) -> None:
        ids = self._ids[self._read : self._read + _STEP]
        self._read += len(ids)
        service = await self._view.service()
        async with service.engine.connect() as connection:
            stored = await read_stored(connection, ids)
        with self._list:
            for each in stored:
                _draw_event(each, service.clock.now())
        self._more.set_visibility(self._read < len(self._ids))
        if self._read == len(self._ids) < self._matched:
            text(self._note, f"The first {len(self._ids):,} events are kept. Hunt in a shorter time to see others.")


def _draw_event(stored: StoredEvent, now: datetime) -> None:
    event = stored.event
    with ui.element("li"):
        at = ui.label(moment(event.event_time, now)).classes("quiet small number")
        at.props["title"] = iso(event.event_time)
        severity_chip(event.severity)
        with ui.element("div"):
            ui.link(event.title, f"/events/{event.id}").classes("wrap")
            ui.label(f"{event.actor or 'somebody unknown'} · {event.resource_name or 'no resource'}").classes(
                "quiet small wrap"
            )
        ui.label(outcome_word(event)).classes("quiet small")


async def _stop(view: View, hunt_id: UUID) -> None:
    await stop_hunt(await view.service(), hunt_id)
    ui.notify("Stopped. What was found so far stays.", type="positive")


def _draw_error(error: dict[str, str] | None) -> None:
    if error is not None:
        finding("error", error["message"], error["remedy"])
