"""One connector: how it stands, what it has read and what not, its history, and what can be done with it."""

from datetime import datetime
from uuid import UUID

from nicegui import ui

from app.collection.health import Standing
from app.connectors import get_connector
from app.console.connector_actions import read_now, switch, test
from app.console.connector_changes import Changes
from app.console.connector_coverage import CoverageStrip
from app.console.connector_dialogs import ask_backfill, ask_delete
from app.console.connector_edit import ask_secret, ask_settings
from app.console.connector_figures import Detail, read_detail
from app.console.connector_lags import draw_lags
from app.console.connector_polls import STEP, PollTable
from app.console.connector_readings import Readings
from app.console.connector_words import health_words, next_poll, settings_words, standing_words
from app.console.live import Region, pulse
from app.console.pages import page
from app.console.parts import empty, facts, finding, health_chip, panel, tag, titled
from app.console.view import View
from app.security.roles import Role
from app.service import Service
from app.storage.connectors import ConnectorRow

_SECONDS = 2.5


@page("/connectors/{connector_id:uuid}", "Connector")
async def connector(view: View, connector_id: UUID) -> None:
    """Draw a connector's page."""
    detail = await read_detail(await view.service(), connector_id, STEP)
    if detail is None:
        tag("h1", "Connector")
        with panel():
            empty("search_off", "There is no such connector", "It may have been removed. Its events are still there.")
            ui.link("All connectors", "/connectors")
        return
    ui.page_title(f"{detail.each.row.name} · AiSOC")
    shown = _Connector(view, detail)
    pulse(view, _SECONDS, shown.refresh)


class _Connector:
    """The page's parts."""

    def __init__(self, view: View, detail: Detail) -> None:
        self._view, self._id = view, detail.each.row.id
        self._polls_shown = STEP
        with titled(detail.each.row.name):
            self._chip = Region(health_chip, "chip-place")
            self._buttons = Region(self._draw_buttons, "buttons")
        with panel("How it stands"):
            self._standing = Region(_draw_standing, "standing")
        with panel("Coverage"):
            self._strip = CoverageStrip(view.may(Role.ANALYST), self._backfill)
        with ui.element("div").classes("halves"):
            with panel("How late events become readable"):
                self._lags = Region(draw_lags)
            with panel("Readings asked for"):
                self._readings = Readings(view)
        with panel("Polls"):
            self._polls = PollTable(self._show_more)
        with ui.element("div").classes("halves"):
            with panel("Settings"):
                self._settings = Region(facts)
            if view.may(Role.ADMIN):
                with panel("Changes"):
                    self._changes = Changes()
        self.show(detail)

    async def refresh(self, service: Service) -> None:
        """Read and show everything."""
        detail = await read_detail(service, self._id, self._polls_shown)
        if detail is None:
            ui.navigate.to("/connectors")
        else:
            self.show(detail)

    def show(self, detail: Detail) -> None:
        """Show what was read."""
        row, standing, now = detail.each.row, detail.standing, detail.now
        self._chip.show(standing.health.state)
        self._buttons.show(row.enabled)
        self._standing.show(*_standing(standing, detail.late_today, now))
        self._strip.show(standing.ledger.coverage, now)
        self._lags.show(standing.ledger.lags, standing.ledger.widths)
        self._readings.show(detail.readings, now)
        self._polls.show(detail.polls, now, more=detail.more_polls)
        self._settings.show(tuple(_settings(row)))
        if self._view.may(Role.ADMIN):
            self._changes.show(detail.changes, now)

    async def _show_more(self) -> None:
        self._polls_shown += STEP
        await self.refresh(await self._view.service())

    async def _backfill(self) -> None:
        await ask_backfill(self._view, self._id)

    def _draw_buttons(self, enabled: bool) -> None:
        view, each = self._view, self._id
        if not view.may(Role.ANALYST):
            return
        ui.button("Poll now", icon="refresh", on_click=lambda: read_now(view, each, "poll")).props("unelevated")
        ui.button("Test connection", icon="network_check", on_click=lambda: test(view, each)).props("outline")
        ui.button("Backfill …", icon="history", on_click=self._backfill).props("outline")
        with ui.button("More", icon="more_horiz").props("outline"), ui.menu():
            ui.menu_item("Sweep", lambda: read_now(view, each, "sweep"))
            ui.menu_item("Audit", lambda: read_now(view, each, "audit"))
            if view.may(Role.ADMIN):
                ui.separator()
                ui.menu_item("Edit", lambda: ask_settings(view, each))
                ui.menu_item("Rotate secret", lambda: ask_secret(view, each))
                word = "Pause" if enabled else "Resume"
                ui.menu_item(word, lambda: switch(view, each, enabled=not enabled))
                ui.menu_item("Delete", lambda: ask_delete(view, each)).classes("dangerous")


def _standing(standing: Standing, late: int, now: datetime) -> tuple[str, str, tuple[str, str, str] | None]:
    """Return how it stands in words, when it is polled next, and what is wrong: level, sentence, remedy."""
    health = standing.health
    said, trouble = health_words(health, now), None
    if health.state == "failing" and health.error:
        trouble = ("error", f"{health.error['message']} {said}", health.error["remedy"])
    elif health.state == "behind":
        trouble = ("warning", said, "")
    elif said:
        return standing_words(standing, late, now), said, None
    return standing_words(standing, late, now), f"{next_poll(health, now)}.", trouble


def _draw_standing(standing: str, upcoming: str, trouble: tuple[str, str, str] | None) -> None:
    if trouble is not None:
        finding(*trouble)
    ui.label(standing).classes("wrap")
    ui.label(upcoming).classes("quiet")


def _settings(row: ConnectorRow) -> list[tuple[str, str]]:
    kind = get_connector(row.type)
    return [
        ("Source", kind.name),
        ("Added", f"{row.created_at:%d %b %Y %H:%M} UTC"),
        *settings_words(row, kind.Config),
    ]
