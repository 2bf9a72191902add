"""After saving: the first poll of new connectors, and their first events as they arrive."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

from nicegui import ui

from app.clock import iso
from app.collection.health import Health, read_standing
from app.collection.readings import request_reading
from app.console.parts import age, empty, finding, moment, panel, severity_chip, tag
from app.console.view import View
from app.errors import Conflict
from app.search.fields import FIELDS
from app.search.query import Match, Search, Value, term_for
from app.service import Service
from app.storage.connectors import ConnectorRow, find_connector_by_id
from app.storage.readings import ReadingRow, find_reading
from app.storage.search import StoredEvent, find_page

_EACH_SECONDS = 1.0
_SHOWN_EVENTS = 8
# Connectors looked at anew each time; the others get their turn.
_AT_ONCE = 10
_NAMES = 50
_NOBODY_READS = timedelta(seconds=20)
OnFailure = Callable[[ConnectorRow], None]


class _Line:
    """One connector on its way to its first complete poll."""

    def __init__(self, row: ConnectorRow, on_failure: OnFailure | None) -> None:
        self.row = row
        self.reading: UUID | None = None
        self.ended = False
        self._on_failure = on_failure
        self._shown = ""
        with ui.element("section").classes("arrival"):
            tag("h3", row.name)
            self._state = ui.element("div").props('role="status"')
        self._busy("Waiting for the first poll to begin…")

    async def look(self, service: Service) -> None:
        """Read how it stands, and say so when that has changed."""
        async with service.engine.connect() as connection:
            row = await find_connector_by_id(connection, self.row.id)
            reading = await find_reading(connection, self.reading) if row and self.reading else None
            health = (await read_standing(connection, row, service.clock.now())).health if row else None
        if row is None or health is None:
            self._end("warning", f"{self.row.name} was removed meanwhile.", "")
        else:
            self._tell(row, reading, health, service)

    def _tell(self, row: ConnectorRow, reading: ReadingRow | None, health: Health, service: Service) -> None:
        now = service.clock.now()
        open_ = reading is not None and reading.open
        # What failed before this reading began is not what it found.
        error = reading.error if reading is not None and reading.error else None if open_ else health.error
        if error is not None:
            self._end("error", error["message"], error["remedy"])
            if self._on_failure is not None:
                self._offer_way_back(self._on_failure)
        elif health.covered_until is not None and not open_:
            self._all_set(row, health, reading, service)
        elif reading is not None and reading.state == "running":
            told = reading.progress or {}
            self._busy(f"Reading: {told.get('pages', 0)} pages, {told.get('events_read', 0):,} events so far…")
        elif now - row.created_at > _NOBODY_READS:
            self._busy("Still waiting. If this stays, see that aisoc serve runs with its worker.")

    def _all_set(self, row: ConnectorRow, health: Health, reading: ReadingRow | None, service: Service) -> None:
        now = service.clock.now()
        wait = max(timedelta(), row.next_poll_at - now)
        told = (reading.progress if reading else None) or {}
        then = f"in {age(wait)}" if wait else "in a moment"
        covered = f"All set: covered to {moment(health.covered_until, now)} UTC; next poll {then}."
        self._end("ok", covered, _said(told))
        with self._state, ui.row().classes("arrival-links"):
            ui.link("See its events", f"/events?q={quote(str(term_for('connector', row.name)))}")
            ui.link("Open the connector", f"/connectors/{row.id}")

    def _offer_way_back(self, on_failure: OnFailure) -> None:
        with self._state, ui.row().classes("arrival-links"):
            ui.button("Back to the form", on_click=lambda: on_failure(self.row), color=None).props("outline")
            ui.link("Open the connector", f"/connectors/{self.row.id}")

    def _busy(self, what: str) -> None:
        if what != self._shown:
            self._shown = what
            self._state.clear()
            with self._state, ui.row().classes("running"):
                ui.spinner(size="1.3em")
                ui.label(what)

    def _end(self, level: str, what: str, then: str) -> None:
        self.ended = True
        self._state.clear()
        with self._state:
            finding(level, what, then)


class Arrival:
    """The panel that shows how new connectors begin."""

    def __init__(self, view: View, rows: list[ConnectorRow], on_failure: OnFailure) -> None:
        self._view = view
        self._mine = Match(FIELDS["connector"], tuple(Value((row.name,)) for row in rows[:_NAMES]), exact=True)
        self._seen: list[UUID] = []
        with panel("First poll"):
            self._lines = [_Line(row, on_failure if len(rows) == 1 else None) for row in rows]
        with panel("First events"):
            self._events = ui.element("div").classes("scroll").props("aria-live=off")
        self._draw([], "Nothing has arrived yet", "Azure shows an event 3 to 20 minutes after it happened.")
        self._timer = ui.timer(_EACH_SECONDS, self._look, active=False)

    async def begin(self) -> None:
        """Ask for the first polls now, which tells their progress."""
        service = await self._view.service()
        for line in self._lines:
            try:
                line.reading = (await request_reading(service, line.row, "poll")).id
            except Conflict:
                continue  # somebody asked for it already
        # Not before: a connector that was mended would still tell of its failure.
        self._timer.activate()

    def stop(self) -> None:
        """Look no further."""
        self._timer.cancel()

    async def _look(self) -> None:
        service = await self._view.service()
        waiting = [line for line in self._lines if not line.ended]
        for line in waiting[:_AT_ONCE]:
            await line.look(service)
        await self._show_events(service)
        if all(line.ended for line in self._lines):
            self._timer.cancel()
            if not self._seen:
                self._draw([], "No events of its own yet", "New ones show under Events as they come.")

    async def _show_events(self, service: Service) -> None:
        async with service.engine.connect() as connection:
            found = await find_page(connection, Search((self._mine,)), limit=_SHOWN_EVENTS)
        ids = [stored.event.id for stored in found.events]
        if ids != self._seen:
            self._seen = ids
            self._draw(list(found.events))

    def _draw(self, events: list[StoredEvent], nothing: str = "", hint: str = "") -> None:
        self._events.clear()
        with self._events:
            if not events:
                empty("hourglass_empty", nothing, hint)
                return
            with ui.element("table").classes("rows"):
                with ui.element("tr"):
                    for name in ("Time (UTC)", "Severity", "What"):
                        tag("th", name).props("scope=col")
                for stored in events:
                    _event_row(stored)


def _event_row(stored: StoredEvent) -> None:
    with ui.element("tr"):
        at = stored.event.event_time
        tag("td", f"{at:%d %b %H:%M:%S}", "number-left").tooltip(f"{iso(at)}")
        with ui.element("td"):
            severity_chip(stored.event.severity)
        tag("td", stored.event.title, "wrap")


def _said(told: dict[str, int]) -> str:
    """Say what the first poll brought, in words."""
    added, read, known = (told.get(name, 0) for name in ("events_added", "events_read", "events_duplicate"))
    if added:
        return f"{added:,} events are stored."
    if known:
        return f"{known:,} events were read, all of which are stored already: another connector brought them."
    if read:
        return "Only reads were there, which are left out on purpose."
    return "No events yet, and that is fine: a quiet subscription shows 0 events until something happens in it."
