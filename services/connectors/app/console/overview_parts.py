"""The parts of the overview, each drawn from what was read."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from nicegui import ui

from app.clock import iso
from app.collection.health import State
from app.console.alerts.asked import Asked
from app.console.attention import Attention, Watched
from app.console.connector_words import next_poll, number, span
from app.console.live import Region, text
from app.console.overview_figures import DAY, Overview
from app.console.parts import finding, health_chip, moment, severity_chip, tag
from app.console.view import View
from app.console.watching import midnight_of
from app.errors import InvalidInput
from app.events.event import Severity
from app.search.refine import with_term
from app.security.roles import Role
from app.storage.figures import Top
from app.storage.search import StoredEvent

_MOST_NEEDED = 8
_MOST_LINES = 10
_BY_NEED: tuple[State, ...] = ("failing", "behind", "healthy", "paused")

Figure = tuple[str, str, str, str]
_STEPS = (
    (
        "Create an app registration",
        "In Microsoft Entra ID, for AiSOC alone, with a client secret. It needs no API permission.",
    ),
    ("Grant it Reader", "On the subscription to watch: Access control (IAM), Add role assignment, Reader."),
    ("Add the connector", "Its form shows both steps in detail and tests the connection before anything is saved."),
)


def search_path(search: str) -> str:
    """Return the address of the events that a search finds."""
    return f"/events?q={quote(search)}"


def draw_first_steps(view: View) -> None:
    """Draw what to do as long as there is neither connector nor event."""
    with ui.element("section").classes("panel first-steps"):
        tag("h2", "Three steps to the first events")
        with ui.element("ol"):
            for title, how in _STEPS:
                with ui.element("li"):
                    ui.label(title).classes("strong")
                    ui.label(how).classes("quiet")
        if view.may(Role.ADMIN):
            button = ui.button("Add connector", icon="add", on_click=lambda: ui.navigate.to("/connectors/add"))
            button.props("unelevated")
        else:
            ui.label("Ask an admin of AiSOC to do this.").classes("quiet")


def draw_attention(needed: tuple[Attention, ...], watching: bool) -> None:
    """Draw what needs attention first, or that nothing does."""
    with ui.element("section").classes("panel"):
        tag("h2", "Needs attention")
        for each in needed[:_MOST_NEEDED]:
            finding(each.level, each.message, each.remedy, (each.link, each.path) if each.path else None)
        if len(needed) > _MOST_NEEDED:
            ui.link(f"And {len(needed) - _MOST_NEEDED:,} more: see the connectors", "/connectors")
        if not needed and watching:
            finding("ok", "Everything is covered.")
        elif not needed:
            finding("warning", "No connector collects: all are paused, or there is none.", "Resume or add one.")


def draw_open_alerts(by_severity: Mapping[Severity, int], new: int) -> None:
    """Draw how many alerts are open, each severity leading to its own. new: how many nobody has taken."""
    with ui.element("section").classes("panel"):
        with ui.element("div").classes("title-line"):
            tag("h2", "Open alerts").classes("grow")
            ui.link("The queue", "/alerts")
        if not any(by_severity.values()):
            finding("ok", "No alert is open.")
            return
        with ui.element("div").classes("open-alerts"):
            for severity in reversed(Severity):
                if count := by_severity.get(severity, 0):
                    with ui.link(target=Asked(severity=severity.value).address).classes("open-alert"):
                        ui.label(f"{count:,}").classes("number")
                        severity_chip(severity)
        ui.label(
            f"{number(new, 'alert')} new: nobody has taken them yet." if new else "All are being worked on."
        ).classes("quiet small")


def figures_of(told: Overview) -> tuple[Figure, ...]:
    """Return the big numbers: number, what it counts, what belongs to it, and the page that shows it."""
    collection, activity = told.collection, told.activity
    today = f"since:{iso(midnight_of(told.now))}"
    covered = moment(collection.covered_until, told.now) if collection.covered_until else "not yet"
    return (
        (f"{activity.events_today:,}", "events today", "since 00:00 UTC", search_path(today)),
        (f"{activity.alarming_today:,}", "high or critical today", "", search_path(f"severity>=high {today}")),
        (f"{collection.healthy:,} of {len(collection.enabled):,}", "connectors healthy", "", "/connectors"),
        (covered, "covered to", "by all connectors, UTC", "/connectors"),
        (f"{collection.late:,}", "late events recovered", "in 24 hours", "/connectors"),
    )


def draw_figures(figures: tuple[Figure, ...]) -> None:
    """Draw the big numbers."""
    with ui.element("div").classes("figures"):
        for value, what, more, path in figures:
            with ui.link(target=path).classes("panel figure"):
                ui.label(value).classes("figure-value number")
                ui.label(what).classes("figure-name")
                ui.label(more or "\u00a0").classes("quiet small")


class ConnectorTable:
    """How connectors stand, a row each, those that need somebody first; rows stay as long as these connectors do."""

    def __init__(self) -> None:
        self._lines: dict[UUID, _Line] = {}
        self._place = Region(self._draw, "scroll")
        self._more = ui.link("", "/connectors")

    def show(self, watched: tuple[Watched, ...], now: datetime) -> None:
        """Show how they stand now."""
        shown = sorted(watched, key=lambda each: _BY_NEED.index(each.standing.health.state))[:_MOST_LINES]
        self._place.show(tuple((each.row.id, each.row.name) for each in shown))
        for each in shown:
            self._lines[each.row.id].show(each, now)
        text(self._more, f"All {len(watched):,} connectors")
        self._more.set_visibility(len(watched) > _MOST_LINES)

    def _draw(self, names: tuple[tuple[UUID, str], ...]) -> None:
        self._lines = {}
        if not names:
            ui.label("There is no connector.").classes("quiet")
            return
        with ui.element("table").classes("rows"):
            with ui.element("thead"), ui.element("tr"):
                for name in ("Name", "Health", "Covered to (UTC)", "95 % of events within", "Next poll"):
                    tag("th", name).props("scope=col")
            with ui.element("tbody"):
                for connector_id, name in names:
                    self._lines[connector_id] = _Line(connector_id, name)


class _Line:
    """A row of the table."""

    def __init__(self, connector_id: UUID, name: str) -> None:
        with ui.element("tr"):
            with ui.element("td"):
                ui.link(name, f"/connectors/{connector_id}")
            with ui.element("td"):
                self._health = Region(health_chip)
            self._covered, self._lag, self._next = (_cell() for _ in range(3))

    def show(self, each: Watched, now: datetime) -> None:
        """Show how the connector stands now."""
        health, lags = each.standing.health, each.standing.ledger.lags
        self._health.show(health.state)
        text(self._covered, moment(health.covered_until, now))
        text(self._lag, span(lags.percentile(0.95)) if lags.events else "not known yet")
        text(self._next, next_poll(health, now).removeprefix("Next poll ").capitalize())


def _cell() -> ui.label:
    with ui.element("td"):
        return ui.label()


def draw_top(field: str, top: tuple[Top, ...]) -> None:
    """Draw the most frequent values of a field as bars that lead to their events."""
    if not top:
        ui.label("Nothing happened in the last 24 hours.").classes("quiet")
        return
    most = max(each.count for each in top)
    with ui.element("ol").classes("top"):
        for each in top:
            with ui.element("li"), ui.link(target=_top_path(field, each.value)):
                bar = ui.element("span").classes("top-bar")
                bar.style(f"width: {100 * each.count / most:.1f}%").props('aria-hidden="true"')
                ui.label(each.value).classes("top-name")
                ui.label(f"{each.count:,}").classes("number top-count")


def _top_path(field: str, value: str) -> str:
    """Return the address of a value's events of the day, or of all of them where the value is too long to ask for."""
    try:
        return search_path(with_term(f"since:{DAY}", field, value))
    except InvalidInput:
        return search_path(f"since:{DAY}")


def draw_alarms(alarms: tuple[StoredEvent, ...], today: datetime) -> None:
    """Draw the latest events that are high or critical."""
    if not alarms:
        ui.label("None in the last 7 days.").classes("quiet")
        return
    with ui.element("ol").classes("alarms"):
        for stored in alarms:
            event = stored.event
            with ui.element("li"), ui.link(target=f"/events/{event.id}").classes("alarm"):
                severity_chip(event.severity)
                ui.label(event.title).classes("alarm-title")
                ui.label(event.actor or "somebody unknown").classes("alarm-actor quiet")
                at = ui.label(moment(event.event_time, today)).classes("quiet number alarm-time")
                at.props["title"] = iso(event.event_time)
