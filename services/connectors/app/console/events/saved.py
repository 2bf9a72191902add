"""Saved searches: one's own, by name."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from app.console.parts import tag
from app.console.view import View
from app.search.saved import list_searches, remove_search, save_search
from app.storage.searches import SavedSearch

_LONGEST_NAME = 100


class SavedSearches:
    """The menu of one's saved searches. ask: called with the one to open; present: gives the search to save."""

    def __init__(self, view: View, ask: Callable[[str], Awaitable[None]], present: Callable[[], str]) -> None:
        self._view, self._ask, self._present = view, ask, present
        with ui.button("Saved", icon="bookmarks", color=None).props("flat no-caps"), ui.menu().classes("saved") as menu:
            self._list = ui.element("div")
        menu.on("before-show", self._fill)
        self._dialog = ui.dialog()

    async def _fill(self) -> None:
        found = await list_searches(await self._view.service())
        self._list.clear()
        with self._list:
            if not found:
                ui.label("No saved searches yet.").classes("quiet small saved-none")
            for saved in found:
                self._line(saved)
            ui.separator()
            with ui.menu_item(on_click=self._name), ui.row().classes("menu-line"):
                ui.icon("bookmark_add")
                ui.label("Save this search…")

    def _line(self, saved: SavedSearch) -> None:
        with ui.menu_item(on_click=lambda: self._ask(saved.search)).classes("saved-line"):
            with ui.element("div").classes("saved-words"):
                ui.label(saved.name).classes("wrap")
                ui.label(saved.search or "everything").classes("quiet small mono wrap")
            remove = ui.button(icon="delete", color=None).props("flat round dense size=sm")
            remove.props["aria-label"] = f"Remove {saved.name}"
            remove.on("click.stop", lambda: self._remove(saved))

    async def _remove(self, saved: SavedSearch) -> None:
        await remove_search(await self._view.service(), saved.id)
        await self._fill()
        ui.notify(f"Removed the saved search {saved.name}.", timeout=2500)

    def _name(self) -> None:
        self._dialog.clear()
        search = self._present()
        with self._dialog.props('aria-label="Save this search"'), ui.card().classes("save-search"):
            tag("h2", "Save this search")
            ui.label(search or "everything").classes("mono wrap quiet")
            name = ui.input("Name").props(f"outlined autofocus maxlength={_LONGEST_NAME}")
            name.on("keydown.enter", lambda: self._save(name.value, search))
            with ui.row().classes("dialog-acts"):
                ui.button("Cancel", color=None, on_click=self._dialog.close).props("flat")
                ui.button("Save", on_click=lambda: self._save(name.value, search)).props("unelevated")
        self._dialog.open()

    async def _save(self, name: str, search: str) -> None:
        await save_search(await self._view.service(), name, search)
        self._dialog.close()
        ui.notify("Saved. It is in the menu Saved.", type="positive", timeout=2500)
