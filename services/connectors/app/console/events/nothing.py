"""What is said when a search finds nothing: whether there is anything at all, and how to find more."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from app.console.events.editing import quick_range, with_since
from app.console.parts import empty, panel
from app.search.query import Search
from app.service import Service
from app.storage.search import count


async def draw_nothing(service: Service, text: str, ask: Callable[[str], Awaitable[None]], *, may_add: bool) -> None:
    """Say that nothing was found, and what to do about it. may_add: whether the reader may add connectors."""
    async with service.engine.connect() as connection:
        anything = await count(connection, Search(), at_most=1)
    with panel():
        if not anything:
            hint = "Add a connector, and they come in by themselves." if may_add else "An admin can add a connector."
            empty("cloud_download", "No events yet", hint)
            if may_add:
                ui.button("Add connector", icon="add", on_click=lambda: ui.navigate.to("/connectors/add")).props(
                    "unelevated"
                ).classes("nothing-act")
            return
        empty("search_off", "No event matches", "Search a longer time, or leave a term out.")
        with ui.element("div").classes("nothing-acts"):
            if quick_range(text) != "":
                ui.button("Search all time", icon="schedule", on_click=lambda: ask(with_since(text, ""))).props(
                    "outline"
                )
            ui.button("Show all events", icon="clear_all", color=None, on_click=lambda: ask("")).props("flat")
