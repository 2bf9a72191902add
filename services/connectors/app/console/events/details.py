"""One event drawn in full: in the drawer beside the table, and on its own page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from nicegui import ui

from app.console.alerts.asked import Asked
from app.console.alerts.words import standing
from app.console.events.editing import around, events_address
from app.console.events.facts import Fact, exact_time, pretty, sections_of, summary
from app.console.events.rows import outcome_word
from app.console.parts import moment, severity_chip, tag
from app.console.view import View
from app.detection.alerts import AlertPage, list_alerts
from app.search.refine import with_term, with_times
from app.storage.alert_filter import AlertFilter
from app.storage.events import read_raw
from app.storage.neighbours import Neighbours, read_neighbours
from app.storage.search import StoredEvent

_AROUND = timedelta(hours=1)
_SHOWN = 8
_MOST_ALERTS = 5
# A click with a key held opens a tab of its own, as with any link.
_FOLLOW = "(e) => { if (!e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); emit(); } }"


@dataclass(frozen=True)
class Reading:
    """What a reader of an event may do next.

    narrow: search for a field's value (field, value, negated). follow: read another event. heading: the level of the
    headings within.
    """

    narrow: Callable[[str, str, bool], Awaitable[None] | None]
    follow: Callable[[UUID], Awaitable[None] | None]
    heading: str = "h3"


def draw_event(view: View, stored: StoredEvent, reading: Reading) -> None:
    """Draw an event; what has to be looked for, its neighbours and bytes, follows by itself."""
    event = stored.event
    with ui.element("div").classes("event-lead"):
        severity_chip(event.severity)
        ui.label(event.severity_reason or "routine").classes("quiet small wrap")
    ui.label(summary(event)).classes("wrap")
    of_event = ui.element("div").classes("event-alerts")
    with ui.element("section").props('aria-label="The operation\'s records"') as timeline:
        ui.skeleton().classes("event-skeleton")
    for section in sections_of(stored):
        with ui.element("section"):
            tag(reading.heading, section.title)
            with ui.element("dl").classes("event-facts"):
                for fact in section.facts:
                    _fact(fact, reading)
    with ui.element("section") as around_it:
        ui.skeleton().classes("event-skeleton")

    async def draw_rest() -> None:
        service = await view.service()
        async with service.engine.connect() as connection:
            near = await read_neighbours(connection, stored)
            raw = next(iter(await read_raw(connection, str(event.id))), b"")
        alerts = await list_alerts(service, AlertFilter((), event=event.id, suppressed=True), _MOST_ALERTS)
        with of_event:
            _alerts(stored, alerts)
        timeline.clear()
        with timeline:
            _timeline(stored, near.operation, reading)
        around_it.clear()
        with around_it:
            _neighbours(stored, near, reading)
            _raw(stored, raw, reading)

    ui.timer(0.01, draw_rest, once=True)


def _alerts(stored: StoredEvent, found: AlertPage) -> None:
    """Draw which alerts the event belongs to, if any."""
    for alert in found.alerts:
        with ui.link(target=f"/alerts/{alert.id}").classes("event-alert"):
            ui.icon("notification_important")
            ui.label(f"Alert: {alert.title}").classes("inline wrap")
            ui.label(standing(alert.status, alert.verdict)).classes(f"chip status-{alert.status}")
    if found.next_cursor is not None:
        ui.link("All alerts of this event", Asked(state="all", held="yes", event=str(stored.event.id)).address)


def _fact(fact: Fact, reading: Reading) -> None:
    tag("dt", fact.name)
    with ui.element("dd"):
        ui.label(fact.value).classes("wrap mono" if fact.code else "wrap")
        with ui.element("span").classes("fact-acts"):
            if fact.field:
                typed = fact.typed or fact.value
                for negated, icon, word in ((False, "add", "Only this"), (True, "remove", "Not this")):
                    act = _act(icon, f"{word}: {fact.name} {fact.value}", word)
                    act.on("click", lambda negated=negated: reading.narrow(fact.field, typed, negated))
            copy_act(fact.value, f"Copy: {fact.name}")


def _act(icon: str, label: str, hint: str) -> ui.element:
    button = ui.element("button").classes("fact-act")
    button.props["type"], button.props["aria-label"], button.props["title"] = "button", label, hint
    with button:
        ui.icon(icon).props('aria-hidden="true"')
    return button


def copy_act(text: str, label: str) -> None:
    """Draw the button that copies a text."""
    button = _act("content_copy", label, "Copy")
    button.props["data-copy"] = text
    button.on("click", js_handler="(e) => aisocCopy(e.currentTarget.dataset.copy)")
    button.on("click", lambda: ui.notify("Copied.", timeout=1500))


def _timeline(stored: StoredEvent, others: Sequence[StoredEvent], reading: Reading) -> None:
    if not others:
        return
    tag(reading.heading, "The operation's records")
    records = sorted((stored, *others), key=lambda each: (each.event.event_time, each.event.id))
    with ui.element("ol").classes("timeline"):
        for record in records:
            with ui.element("li"):
                told = f"{outcome_word(record.event)}"
                if record.event.id == stored.event.id:
                    ui.label(told).classes("strong").props('aria-current="true"')
                else:
                    _link(record, told, reading)
                ui.label(f"{record.event.event_time:%H:%M:%S}").classes("quiet small number").tooltip(
                    exact_time(record.event.event_time)
                )
                if record.event.title != stored.event.title:
                    ui.label(record.event.title).classes("quiet small wrap")


def _neighbours(stored: StoredEvent, near: Neighbours, reading: Reading) -> None:
    event = stored.event
    _near("By the same actor, an hour around", near.actor, "actor", event.actor, stored, reading)
    _near("On the same resource, an hour around", near.resource, "resource", event.resource_id, stored, reading)


def _near(
    title: str, found: Sequence[StoredEvent], field: str, value: str | None, stored: StoredEvent, reading: Reading
) -> None:
    if not value:
        return
    tag(reading.heading, title)
    if not found:
        ui.label("Nothing else.").classes("quiet small")
        return
    with ui.element("ul").classes("near"):
        for each in sorted(found[:_SHOWN], key=lambda one: one.event.event_time, reverse=True):
            with ui.element("li"):
                ui.label(moment(each.event.event_time, stored.event.event_time)).classes("quiet small number").tooltip(
                    exact_time(each.event.event_time)
                )
                severity_chip(each.event.severity)
                _link(each, each.event.title, reading)
                ui.label(outcome_word(each.event)).classes("quiet small")
    q = with_times(with_term("", field, value), *around(stored.event.event_time, _AROUND))
    ui.link("All of them", events_address(q)).classes("small")


def _link(stored: StoredEvent, text: str, reading: Reading) -> None:
    link = ui.link(text, f"/events/{stored.event.id}").classes("wrap")
    link.on("click", lambda: reading.follow(stored.event.id), js_handler=_FOLLOW)


def _raw(stored: StoredEvent, raw: bytes, reading: Reading) -> None:
    address = f"/api/v1/events/{stored.event.id}/raw"
    with ui.element("div").classes("raw-line"):
        tag(reading.heading, "Raw JSON")
        copy_act(pretty(raw), "Copy the JSON")
        ui.button("Exact bytes", icon="download", color=None).props("flat dense no-caps size=sm").on_click(
            lambda: ui.download.from_url(address)
        )
    with ui.element("pre").classes("raw").props('tabindex=0 aria-label="Raw JSON"'):
        tag("code", pretty(raw))
