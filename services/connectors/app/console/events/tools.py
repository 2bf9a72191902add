"""The buttons above the table: its columns, what can be asked, and the events as a file."""

from collections.abc import Callable
from urllib.parse import urlencode

from nicegui import ui

from app.console.parts import tag
from app.search.fields import FIELDS

COLUMNS = {
    "time": "Time",
    "severity": "Severity",
    "title": "Operation",
    "actor": "Actor",
    "resource": "Resource",
    "outcome": "Status",
    "ip": "Address",
    "connector": "Connector",
}
"""The table's columns, and how each is called."""
_EXAMPLES = {
    "severity>=medium since:24h": "What mattered in the last day",
    "operation:roleassignments -actor:policy": "Role assignments, without those of policies",
    "outcome:failure ip:203.0.113.0/24": "What failed from a network",
    'actor:alice@contoso.com "key vault"': "What Alice did to key vaults",
    "(operation:delete OR operation:write) group:rg-prod": "Changes in a resource group",
}


def columns_menu() -> None:
    """Draw the choice of columns; each browser remembers its own."""
    with (
        ui.button(icon="view_column", color=None)
        .props('flat round aria-label="Columns"')
        .classes("wide-only") as button
    ):
        button.tooltip("Columns")
        with ui.menu().classes("columns") as menu:
            with ui.element("div").classes("columns-list").props('role=group aria-label="Columns"'):
                boxes = {name: _column(name, word) for name, word in COLUMNS.items()}
            ui.separator()
            ui.menu_item("As it was first", on_click=lambda: ui.run_javascript("aisocEvents.forget()"))

    async def fill() -> None:
        shown = await ui.run_javascript("aisocEvents.shown()", timeout=5)
        for name, box in boxes.items():
            box.value = name in shown

    menu.on("before-show", fill)


def _column(name: str, word: str) -> ui.checkbox:
    box = ui.checkbox(word, value=True).props("dense")
    # Only a person's choice is told so: filling in what is shown is none.
    box.on("update:model-value", js_handler=f"(visible) => aisocEvents.show('{name}', visible)")
    return box


def export_menu(present: Callable[[], str]) -> None:
    """Draw the choice of files. present: gives the query of what is shown, as parameters of an address."""
    with ui.button(icon="download", color=None).props('flat round aria-label="Download"') as button:
        button.tooltip("Download")
        with ui.menu():
            for word, form in (("CSV, for a spreadsheet", "csv"), ("JSON lines, for programs", "jsonl")):
                ui.menu_item(word, on_click=lambda form=form: ui.navigate.to(export_address(present(), form)))


def export_address(q: str, form: str) -> str:
    """Return where the events that a search finds are had as a file."""
    return f"/events-export?{urlencode({'q': q, 'form': form})}"


def search_help(ask: Callable[[str], object]) -> None:
    """Draw the help on searching: examples to click, and the fields."""
    dialog = ui.dialog().props('aria-label="How to search"')
    with dialog, ui.card().classes("search-help"):
        tag("h2", "How to search")
        ui.label(
            "Words find events that have them in title, operation, actor, address or resource. A field and a colon "
            "look there only. A minus leaves out, OR finds either, quotes keep words together, * stands for anything."
        )
        with ui.element("ul").classes("examples"):
            for example, meaning in _EXAMPLES.items():
                with ui.element("li"):
                    link = ui.element("button").classes("example mono").props("type=button")
                    link.on("click", lambda example=example: (dialog.close(), ask(example))[1])
                    with link:
                        ui.label(example)
                    ui.label(meaning).classes("quiet small")
        tag("h3", "Fields")
        with ui.element("dl").classes("facts"):
            for field in FIELDS.values():
                tag("dt", field.name, "mono")
                with ui.element("dd"):
                    ui.label(field.help).classes("inline")
                    ui.label(field.example).classes("mono quiet field-example")
        ui.button("Close", color=None, on_click=dialog.close).props("flat").classes("dialog-close")
    button = ui.button(icon="help_outline", color=None, on_click=dialog.open)
    button.props('flat round aria-label="How to search"').tooltip("How to search")
