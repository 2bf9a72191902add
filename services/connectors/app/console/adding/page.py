"""Add a connector of one type: the form beside the guide, the test, saving, and the first events."""

import json
from typing import Any

from nicegui import ui

from app.collection.manage import (
    add_connector,
    add_connectors,
    check_name,
    name_for,
    remove_connector,
    update_connector,
)
from app.connectors import get_connector
from app.connectors.base import Connector, Target
from app.console.adding.arrival import Arrival
from app.console.adding.guide import DrawnGuide, guide_of
from app.console.adding.offers import Offers
from app.console.adding.trial import Trial
from app.console.form import config_form
from app.console.inputs import hinted
from app.console.pages import page
from app.console.parts import empty, panel, tag, titled
from app.console.view import View
from app.errors import InvalidInput, NotFound
from app.security.roles import Role
from app.service import Service
from app.storage.connectors import ConnectorRow, list_connectors


@page("/connectors/add/{connector_type}", "Add connector", Role.ADMIN)
async def add_page(view: View, connector_type: str) -> None:
    """Draw the page of a type."""
    try:
        connector = get_connector(connector_type)
    except NotFound:
        empty("search_off", "There is no such source", "Go back to the catalog and choose one.")
        ui.link("Catalog", "/connectors/add")
        return
    service = await view.service()
    async with service.engine.connect() as connection:
        taken = {row.name for row in await list_connectors(connection)}
    _Adding(view, connector, service, taken)


class _Adding:
    """The page's parts, and what goes from one to the other."""

    def __init__(self, view: View, connector: Connector, service: Service, taken: set[str]) -> None:
        self._view, self._connector, self._taken = view, connector, taken
        self._suggested = ""
        self._failed: ConnectorRow | None = None
        self._arrival: Arrival | None = None
        with titled(f"Add {connector.name}"):
            ui.link("All sources", "/connectors/add")
        with ui.element("div").classes("adding") as self._writing:
            with ui.element("div").classes("adding-main"):
                self._draw_form(service)
                self._trial = Trial(view, connector, self._on_green)
                self._offers = Offers(view, connector)
                self._draw_buttons()
            with ui.element("aside").classes("adding-guide").props('aria-label="Setup guide"'):
                self._guide = DrawnGuide(connector)
        self._reading = ui.element("div").classes("adding-main")
        self._sure = self._draw_warning()
        self._typed()

    def _draw_form(self, service: Service) -> None:
        with panel("Connection"):
            self._name = hinted(
                ui.input("Name *", validation=lambda _value: None).without_auto_validation(),
                "What you call it: letters, digits, dots, hyphens and underscores.",
            )
            self._name.props("autocomplete=off spellcheck=false maxlength=64 aria-required=true data-field=name")
            self._name.classes("form-field")
            self._name.on_value_change(lambda: setattr(self._name, "error", None))
            self._form = config_form(self._connector, clouds=service.clouds)
            self._form.on_change(self._typed)

    def _draw_buttons(self) -> None:
        with ui.element("div").classes("adding-buttons"):
            self._test = ui.button("Test connection", icon="network_check", on_click=self._run_test)
            self._save = ui.button("Save", icon="save", on_click=self._ask_to_save)
            ui.link("Cancel", "/connectors")

    def _draw_warning(self) -> ui.dialog:
        with ui.dialog().props('aria-label="Not tested"') as dialog, ui.card():
            tag("h2", "Save without a good test?")
            ui.label("What stands in the form was not tested with success. Polls may fail until it is mended.")
            with ui.row().classes("dialog-buttons"):
                ui.button("Back", on_click=dialog.close, color=None).props("flat")
                ui.button("Save anyway", on_click=lambda: dialog.submit(True)).props("unelevated")
        return dialog

    def _typed(self) -> None:
        """Follow what is typed: the command, the name, and whether it is what was tested."""
        values = self._form.values()
        self._guide.fill(values)
        self._suggest(guide_of(self._connector).name(values))
        self._show_buttons()

    def _suggest(self, title: str) -> None:
        """Put a name into its field, unless somebody wrote one there."""
        if title and self._failed is None and (self._name.value or "") == self._suggested:
            self._name.value = self._suggested = name_for(title, "", self._taken)

    def _show_buttons(self) -> None:
        green = self._trial.green(self._form.values())
        self._test.props("outline unelevated" if green else "unelevated", remove="" if green else "outline")
        self._save.props("unelevated" if green else "outline", remove="outline" if green else "unelevated")
        number = 1 + sum(box.value for box in self._offers.boxes) if green else 1
        self._save.text = f"Save {number} connectors" if number > 1 else "Save"

    async def _run_test(self) -> None:
        self._form.clear_errors()
        self._offers.clear()
        self._test.disable()
        try:
            await self._trial.run(self._form.values())
        except InvalidInput as error:
            self._form.show_error(error)
        finally:
            self._test.enable()
            self._show_buttons()

    async def _on_green(self, values: dict[str, Any]) -> None:
        self._show_buttons()
        if self._failed is not None:
            return
        await self._offers.ask(values)
        if self._offers.own is not None:
            self._suggest(self._offers.own.target.name)
        self._offers.draw(self._taken | {self._name.value or ""}, self._show_buttons)

    async def _ask_to_save(self) -> None:
        values = self._form.values()
        if self._trial.green(values) or await self._sure:
            await self._store(values)

    async def _store(self, values: dict[str, Any]) -> None:
        """Store what was tested, or what was asked for in spite of it; faults go to the fields that they name."""
        self._form.clear_errors()
        service = await self._view.service()
        try:
            rows = await self._stored(service, check_name((self._name.value or "").strip()), values)
        except InvalidInput as error:
            self._name.error = f"The name {error.fields['name']}." if "name" in error.fields else None
            if "name" in error.fields:
                self._name.run_method("focus")
            else:
                self._form.show_error(error)
            return
        await self._wait_for(rows)

    async def _stored(self, service: Service, name: str, values: dict[str, Any]) -> list[ConnectorRow]:
        kind, config = self._connector.id, json.dumps(values)
        if self._failed is not None:
            return [await self._mended(service, self._failed, config)]
        more = self._offers.chosen() if self._trial.green(values) else []
        if not more:
            return [await add_connector(service, kind, name, config)]
        own = Target(str(values[self._connector.target_fields[0]]), name, "")
        return await add_connectors(service, kind, "", config, [own, *more])

    async def _mended(self, service: Service, failed: ConnectorRow, config: str) -> ConnectorRow:
        """Change the connector whose first poll failed; one that is to read something else is made anew."""
        try:
            return await update_connector(service, failed, config)
        except InvalidInput as error:
            if error.code != "target_is_fixed":
                raise
        await remove_connector(service, failed)
        return await add_connector(service, self._connector.id, failed.name, config)

    async def _wait_for(self, rows: list[ConnectorRow]) -> None:
        self._form.forget_secrets()
        self._writing.visible = False
        self._reading.clear()
        with self._reading:
            self._arrival = Arrival(self._view, rows, self._back)
        await self._arrival.begin()

    def _back(self, failed: ConnectorRow) -> None:
        """Show the form again as it was, but for the secret."""
        if self._arrival is not None:
            self._arrival.stop()
        self._failed = failed
        self._name.disable()
        self._reading.clear()
        self._offers.clear()
        self._writing.visible = True
        self._show_buttons()
