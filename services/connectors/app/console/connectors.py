"""Connectors: a card for each, with its health in words and what to do about it."""

from datetime import datetime
from uuid import UUID

from nicegui import ui

from app.collection.health import Health
from app.console.attention import Watched
from app.console.connector_actions import read_now, switch, test
from app.console.connector_words import covered, health_words, next_poll, number
from app.console.live import Region, pulse, text
from app.console.pages import page
from app.console.parts import empty, finding, health_chip, tag, titled
from app.console.view import View
from app.console.watching import Day, read_connectors
from app.security.roles import Role
from app.service import Service

_SECONDS = 5
_FILTER_FROM = 9


@page("/connectors", "Connectors")
async def connectors(view: View) -> None:
    """Draw the list of connectors."""
    with titled("Connectors"):
        if view.may(Role.ADMIN):
            ui.button("Add connector", icon="add", on_click=lambda: ui.navigate.to("/connectors/add")).props(
                "unelevated"
            )
    shown = _List(view)
    await shown.refresh(await view.service())
    pulse(view, _SECONDS, shown.refresh)


class _List:
    """The cards, and the box that filters them."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._cards: dict[UUID, _Card] = {}
        self._filter = ui.input(placeholder="Filter by name or subscription", on_change=self._sift)
        self._filter.props('dense outlined clearable aria-label="Filter connectors"').classes("filter")
        self._grid = Region(self._draw, "grid cards")

    async def refresh(self, service: Service) -> None:
        """Read how the connectors stand, and show it."""
        watched, day, now = await read_connectors(service)
        self._filter.set_visibility(len(watched) >= _FILTER_FROM)
        self._grid.show(tuple(each.row.id for each in watched))
        for each in watched:
            self._cards[each.row.id].show(each, day, now)
        self._sift()

    def _draw(self, ids: tuple[UUID, ...]) -> None:
        self._cards = {each: _Card(self._view) for each in ids}
        if not ids:
            _nothing(self._view)

    def _sift(self) -> None:
        wanted = (self._filter.value or "").strip().lower() if self._filter.visible else ""
        for card in self._cards.values():
            card.element.set_visibility(wanted in card.words)


class _Card:
    """One connector's card. words: what the filter looks at."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.words = ""
        with ui.element("article").classes("panel card") as self.element:
            self._top = Region(self._draw_top, "card-top")
            self._state = Region(_draw_state, "card-state")
            self._covered = ui.label().classes("card-covered")
            self._trouble = Region(_draw_trouble)
            with ui.row().classes("card-foot quiet small"):
                self._today, self._next = ui.label(), ui.label()

    def show(self, each: Watched, day: Day, now: datetime) -> None:
        """Show how the connector stands."""
        row, health = each.row, each.standing.health
        target = str(row.config.get("subscription_id", ""))
        self.words = f"{row.name} {target}".lower()
        self._top.show(each.row.id, row.name, row.enabled)
        self._state.show(health.state, target)
        text(self._covered, covered(health, now))
        self._trouble.show(_trouble(health, now))
        text(self._today, f"{number(day.events.get(row.name, 0), 'event')} today")
        text(self._next, next_poll(health, now))

    def _draw_top(self, connector_id: UUID, name: str, enabled: bool) -> None:
        with ui.element("h2"), ui.link(target=f"/connectors/{connector_id}").classes("card-name wrap"):
            ui.label(name).classes("inline")
        if self._view.may(Role.ANALYST):
            _menu(self._view, connector_id, name, enabled=enabled)


def _menu(view: View, connector_id: UUID, name: str, *, enabled: bool) -> None:
    button = ui.button(icon="more_vert", color=None).props("flat round dense")
    button.props["aria-label"] = f"What to do with {name}"
    with button, ui.menu():
        ui.menu_item("Poll now", lambda: read_now(view, connector_id, "poll"))
        ui.menu_item("Test connection", lambda: test(view, connector_id))
        if view.may(Role.ADMIN):
            word = "Pause" if enabled else "Resume"
            ui.menu_item(word, lambda: switch(view, connector_id, enabled=not enabled))


def _trouble(health: Health, now: datetime) -> tuple[str, str, str] | None:
    """Return level, sentence and remedy of what is not as it should be."""
    if health.state == "failing" and health.error:
        return "error", f"{health.error['message']} {health_words(health, now)}", health.error["remedy"]
    if health.state == "behind":
        return "warning", health_words(health, now), ""
    return None


def _draw_state(state: str, target: str) -> None:
    health_chip(state)
    tag("code", target, "quiet wrap")


def _draw_trouble(trouble: tuple[str, str, str] | None) -> None:
    if trouble is not None:
        finding(*trouble)


def _nothing(view: View) -> None:
    with ui.element("div").classes("panel whole"):
        hint = "Add one to begin." if view.may(Role.ADMIN) else "Ask an admin to add one."
        empty("cable", "No connectors yet", hint)
