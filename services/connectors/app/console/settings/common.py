"""What the pages of the settings share: their tabs, tables, and the dialogs that ask before something is done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from nicegui import ui

from app.clock import iso
from app.console.copying import copy_button
from app.console.parts import moment, tag, titled
from app.console.view import View
from app.security.roles import Role


class _Tab(NamedTuple):
    path: str
    name: str
    icon: str
    role: Role = Role.VIEWER


_TABS = (
    _Tab("/settings/profile", "Profile", "person"),
    _Tab("/settings/tokens", "API tokens", "key"),
    _Tab("/settings/users", "Users", "group", Role.ADMIN),
    _Tab("/settings/audit", "Audit log", "history", Role.ADMIN),
    _Tab("/settings/keys", "Encryption keys", "lock", Role.ADMIN),
)


def tabs(view: View, current: str) -> None:
    """Draw the settings' title and the ways to their pages. current: the path of the page that is shown."""
    with titled("Settings"):
        pass
    with ui.element("nav").classes("tabs").props('aria-label="Settings"'):
        for tab in _TABS:
            if view.may(tab.role):
                with ui.link(target=tab.path).classes("tab current" if tab.path == current else "tab") as link:
                    ui.icon(tab.icon).props('aria-hidden="true"')
                    ui.label(tab.name)
                if tab.path == current:
                    link.props('aria-current="page"')


@contextmanager
def table(label: str, columns: Sequence[str]) -> Iterator[None]:
    """Draw a table's head; the block draws its rows. A column without a name holds actions."""
    with ui.element("div").classes("scroll").props("tabindex=0 role=region") as region:
        region.props["aria-label"] = label
        with ui.element("table").classes("rows"):
            with ui.element("thead"), ui.element("tr"):
                for name in columns:
                    tag("th" if name else "td", name).props("scope=col" if name else "")
            with ui.element("tbody"):
                yield


def when(at: datetime | None, now: datetime) -> None:
    """Draw a cell with a time, in full when pointed at."""
    cell = tag("td", moment(at, now), "number-left")
    if at is not None:
        cell.tooltip(f"{iso(at)}")


@contextmanager
def dialog_of(title: str) -> Iterator[ui.dialog]:
    """Draw a dialog, apart from the page's lists, which may be drawn anew while it is open; the block fills it."""
    with ui.context.client.layout, ui.dialog() as dialog, ui.card().classes("ask"):
        dialog.props["aria-label"] = title
        tag("h2", title)
        yield dialog


async def ask(title: str, text: str, do: str, *, typed: str | None = None) -> bool:
    """Ask whether to do something; do: what the button says. typed: what has to be typed first, as a name."""
    with dialog_of(title) as dialog:
        ui.label(text).classes("wrap")
        box = None
        if typed is not None:
            box = ui.input(f"Type {typed} to confirm").props("outlined dense autocomplete=off spellcheck=false")
            box.classes("form-field")
        with ui.row().classes("dialog-buttons"):
            ui.button("Cancel", on_click=dialog.close, color=None).props("flat")
            button = ui.button(do, on_click=lambda: dialog.submit(True), color="negative").props("unelevated")
        if box is not None:
            button.bind_enabled_from(box, "value", lambda value: (value or "").strip() == typed)
    done = await dialog
    if not dialog.is_deleted:
        dialog.delete()
    return bool(done)


def show_once(title: str, text: str, secret: str, note: str) -> None:
    """Show a secret that is shown this one time, to be copied."""
    with dialog_of(title) as dialog:
        dialog.props("persistent")
        ui.label(text).classes("wrap")
        with ui.element("div").classes("command"):
            with ui.element("pre").props("tabindex=0"):
                shown = ui.label(secret).classes("inline")
            copy_button(shown, "Copy")
        ui.label(note).classes("quiet small")
        with ui.row().classes("dialog-buttons"):
            ui.button("Done", on_click=dialog.delete).props("unelevated")
    dialog.open()
