"""A search that could not be understood: where the mistake is, and what to do about it."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from app.console.events.editing import corrected
from app.console.parts import tag
from app.search.mistakes import InvalidSearch


def draw_mistake(text: str, error: InvalidSearch, ask: Callable[[str], Awaitable[None]]) -> None:
    """Draw the search with the place marked, the remedy and, where something near was typed, a click that mends it."""
    start, end = error.position
    with ui.element("div").classes("finding level-error mistake").props("role=alert"):
        ui.icon("error")
        ui.label("mistake:").classes("unseen")
        with ui.element("div"):
            with ui.element("code").classes("mistake-text"):
                ui.label(text[:start]).classes("inline")
                tag("mark", text[start:end] or " ")
                ui.label(text[end:]).classes("inline")
            ui.label(error.message).classes("wrap")
            ui.label(error.remedy).classes("quiet small wrap")
            if error.suggestion:
                mended = corrected(text, error)
                mend = ui.button(error.suggestion, icon="auto_fix_high", color=None, on_click=lambda: ask(mended))
                mend.props("outline dense no-caps").props["aria-label"] = f"Search with {error.suggestion} instead"
