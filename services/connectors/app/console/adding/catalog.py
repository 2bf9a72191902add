"""Add connector: what can be collected, to choose from."""

from nicegui import ui

from app.connectors import connector_ids, get_connector
from app.connectors.base import Connector
from app.console.adding.guide import guide_of
from app.console.pages import page
from app.console.parts import empty, tag, titled
from app.console.view import View
from app.security.roles import Role

_ICONS = {"cloud": "cloud"}


@page("/connectors/add", "Add connector", Role.ADMIN)
async def catalog(view: View) -> None:  # noqa: ARG001 - every page gets its view
    """Draw the catalog."""
    connectors = [get_connector(connector_id) for connector_id in connector_ids()]
    with titled("Add connector"):
        box = ui.input(placeholder="Search sources").props('outlined dense clearable aria-label="Search sources"')
        box.classes("catalog-search")
    ui.label("Choose what to collect. Nothing is read before you save.").classes("quiet")
    cards = ui.element("div").classes("grid")

    def draw() -> None:
        cards.clear()
        wanted = (box.value or "").strip().casefold()
        found = [connector for connector in connectors if wanted in _told(connector).casefold()]
        with cards:
            for connector in found:
                _card(connector)
            if not found:
                empty("search_off", "No source is called so", "Clear the search to see all there are.")

    box.on_value_change(draw)
    draw()


def _told(connector: Connector) -> str:
    return f"{connector.id} {connector.name} {connector.category} {guide_of(connector).reads}"


def _card(connector: Connector) -> None:
    guide = guide_of(connector)
    with ui.link(target=f"/connectors/add/{connector.id}").classes("panel source"):
        with ui.element("div").classes("source-head"):
            ui.icon(_ICONS.get(connector.category, "hub")).props('aria-hidden="true"')
            tag("h2", connector.name)
            ui.label(connector.category.capitalize()).classes("chip severity-info")
        ui.label(guide.reads)
        if guide.needs:
            ui.label(f"You need: {guide.needs[0].lower()}{guide.needs[1:]}").classes("quiet small")
