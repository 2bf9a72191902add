"""The dialogs that change a connector: its settings, and its secret, which is tried before it is kept."""

import json
from typing import Any
from uuid import UUID

from nicegui import ui

from app.collection.configuration import secret_fields
from app.collection.manage import probe_config, rotate_secret, update_connector
from app.connectors import get_connector
from app.connectors.base import Connector
from app.console.connector_actions import Findings, current, opened_dialog
from app.console.form import config_form
from app.console.parts import facts, finding
from app.console.view import View
from app.errors import InvalidInput
from app.security.roles import Role
from app.storage.connectors import ConnectorRow


async def ask_settings(view: View, connector_id: UUID) -> None:
    """Ask for the connector's settings but its secret and what it reads, and change them."""
    service = await view.service()
    service.actor.need(Role.ADMIN)
    row = await current(service, connector_id)
    kind = get_connector(row.type)

    async def save() -> None:
        service = await view.service()
        try:
            changed = _changes(form.values(), row)
            await update_connector(service, await current(service, connector_id), json.dumps(changed))
        except InvalidInput as error:
            form.show_error(error)
            return
        dialog.close()
        ui.notify(f"{row.name} is changed. It polls within seconds.", type="positive")

    with opened_dialog(f"Edit {row.name}") as dialog:
        facts((kind.Config.model_fields[name].title or name, str(row.config[name])) for name in kind.target_fields)
        ui.label("What it reads stays: its coverage and history belong to it. Add another connector to read another.")
        form = config_form(kind, row.config, without={*kind.target_fields, *secret_fields(kind)}, clouds=service.clouds)
        with ui.row().classes("dialog-buttons"):
            ui.button("Cancel", on_click=dialog.close).props("flat")
            ui.button("Save", on_click=save).props("unelevated")


def _changes(typed: dict[str, Any], row: ConnectorRow) -> dict[str, Any]:
    return {name: value for name, value in typed.items() if row.config.get(name) != value}


async def ask_secret(view: View, connector_id: UUID) -> None:
    """Ask for a new secret, try it against the source, and keep it."""
    service = await view.service()
    service.actor.need(Role.ADMIN)
    row = await current(service, connector_id)
    with opened_dialog(f"Rotate the secret of {row.name}") as dialog:
        _NewSecret(view, row, dialog)


class _NewSecret:
    """The dialog for a new secret. A secret that does not work is kept only when somebody says so."""

    def __init__(self, view: View, row: ConnectorRow, dialog: ui.dialog) -> None:
        self._view, self._row, self._dialog = view, row, dialog
        kind = get_connector(row.type)
        ui.label("The new secret is tested first. Until it is saved, the connector goes on with the one it has.")
        self._form = config_form(kind, row.config, only=secret_form_fields(kind))
        self._form.on_change(self._typed)
        self._place = ui.element("div").classes("findings")
        with ui.row().classes("dialog-buttons"):
            ui.button("Cancel", on_click=dialog.close).props("flat")
            self._anyway = ui.button("Save anyway", on_click=self._save).props("outline color=negative")
            self._test = ui.button("Test and save", on_click=self._try).props("unelevated")
        self._anyway.set_visibility(False)

    def _typed(self) -> None:
        """Forget what was found: it was about something else."""
        self._anyway.set_visibility(False)
        self._place.clear()

    async def _try(self) -> None:
        service = await self._view.service()
        self._typed()
        with self._place:
            findings = Findings()
        self._test.disable()
        try:
            config = json.dumps(self._row.config | self._form.values())
            report = await probe_config(service, self._row.type, config, findings.tell)
        except InvalidInput as error:
            self._typed()
            self._form.show_error(error)
            return
        finally:
            self._test.enable()
        findings.end(report)
        if report.ok:
            await self._save()
            return
        with self._place:
            finding("warning", "The new secret does not work. Saved anyway, the connector may stop reading.")
        self._anyway.set_visibility(True)

    async def _save(self) -> None:
        service = await self._view.service()
        try:
            row = await current(service, self._row.id)
            await rotate_secret(service, row, json.dumps(self._form.values()))
        except InvalidInput as error:
            self._form.show_error(error)
            return
        self._form.forget_secrets()
        self._dialog.close()
        ui.notify(f"{row.name} has a new secret. It polls within seconds.", type="positive")


def secret_form_fields(kind: Connector) -> set[str]:
    """Return the secret fields of a connector, and those that belong to one and are named after it."""
    secrets = secret_fields(kind)
    return {name for name in kind.Config.model_fields if any(name.startswith(secret) for secret in secrets)}
