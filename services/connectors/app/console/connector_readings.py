"""The polls, sweeps, audits and backfills that somebody asked for, each with its progress while it runs."""

from datetime import datetime
from functools import partial
from uuid import UUID

from nicegui import ui

from app.collection.readings import stop_reading
from app.console.connector_words import reading_share, reading_title, reading_words
from app.console.live import Region, text
from app.console.parts import finding
from app.console.view import View
from app.security.roles import Role
from app.storage.readings import ReadingRow, find_reading


class Readings:
    """The list; a line stays as long as its reading is listed."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._lines: dict[UUID, _Line] = {}
        self._place = Region(self._draw, "readings")

    def show(self, readings: tuple[ReadingRow, ...], now: datetime) -> None:
        """Show the readings, those asked for last first."""
        self._place.show(tuple(reading.id for reading in readings))
        for reading in readings:
            self._lines[reading.id].show(reading, now)

    def _draw(self, ids: tuple[UUID, ...]) -> None:
        self._lines = {each: _Line(self._view, each) for each in ids}
        if not ids:
            ui.label("Nobody asked for a reading yet. Polls run by themselves.").classes("quiet")


class _Line:
    """One reading."""

    def __init__(self, view: View, reading_id: UUID) -> None:
        self._view, self._id = view, reading_id
        with ui.element("div").classes("reading"):
            with ui.element("div").classes("reading-top"):
                self._title = ui.label().classes("strong wrap")
                self._stop = Region(self._draw_stop)
            self._bar = ui.linear_progress(value=0, show_value=False).props("rounded size=8px")
            self._bar.props["aria-label"] = "Progress"
            self._words = ui.label().classes("wrap small")
            self._error = Region(_draw_error)

    def show(self, reading: ReadingRow, now: datetime) -> None:
        """Show how far the reading is."""
        share = reading_share(reading)
        text(self._title, reading_title(reading, now))
        text(self._words, reading_words(reading, now))
        self._bar.set_visibility(reading.open)
        self._bar.props.set_bool("indeterminate", share is None)
        self._bar.set_value(round(share or 0.0, 3))
        self._stop.show(reading.open and self._view.may(Role.ANALYST))
        self._error.show(reading.error)

    def _draw_stop(self, can_stop: bool) -> None:
        if can_stop:
            ui.button("Stop", on_click=partial(_stop, self._view, self._id)).props("flat dense color=negative")


async def _stop(view: View, reading_id: UUID) -> None:
    service = await view.service()
    async with service.engine.connect() as connection:
        reading = await find_reading(connection, reading_id)
    await stop_reading(service, reading)
    ui.notify("Stopped. What was read so far stays.", type="positive")


def _draw_error(error: dict[str, str] | None) -> None:
    if error is not None:
        finding("error", error["message"], error["remedy"])
