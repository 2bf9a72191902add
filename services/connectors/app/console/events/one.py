"""An event's own page, which its link opens."""

from uuid import UUID

from nicegui import ui

from app.console.events.details import Reading, draw_event
from app.console.events.editing import events_address
from app.console.pages import page
from app.console.parts import empty, panel, titled
from app.console.view import View
from app.search.refine import with_term
from app.storage.search import read_event


@page("/events/{event_id}", "Event")
async def one_event(view: View, event_id: str) -> None:
    """Draw one event."""
    service = await view.service()
    async with service.engine.connect() as connection:
        known = _as_id(event_id)
        stored = await read_event(connection, known) if known else None
    if stored is None:
        with titled("Event"):
            pass
        empty("search_off", "This event is not stored here", "Its link may come from another AiSOC.")
        ui.link("All events", "/events")
        return
    reading = Reading(
        narrow=lambda field, value, negated: ui.navigate.to(
            events_address(with_term("", field, value, negated=negated))
        ),
        follow=lambda other: ui.navigate.to(f"/events/{other}"),
        heading="h2",
    )
    with titled(stored.event.title):
        beside = ui.button("Among the events", icon="list_alt", color=None).props("outline")
        beside.on_click(lambda: ui.navigate.to(events_address(event=stored.event.id)))
    with panel() as drawn:
        drawn.classes("event-page")
        draw_event(view, stored, reading)


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
