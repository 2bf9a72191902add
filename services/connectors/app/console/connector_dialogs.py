"""The dialogs of a connector's page: reading the past, and deleting."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from nicegui import ui

from app.collection.coverage import Coverage
from app.collection.health import read_standing
from app.collection.manage import remove_connector
from app.connectors import get_connector
from app.connectors.base import Window
from app.console.connector_actions import current, opened_dialog, read_now
from app.console.connector_words import read_already
from app.console.live import text
from app.console.view import View
from app.security.roles import Role
from app.storage.connectors import ConnectorRow

_DAY = timedelta(days=1)


async def ask_backfill(view: View, connector_id: UUID) -> None:
    """Ask how far back to read, and ask for that reading."""
    service = await view.service()
    service.actor.need(Role.ANALYST)
    row, now = await current(service, connector_id), service.clock.now()
    async with service.engine.connect() as connection:
        standing = await read_standing(connection, row, now)
    with opened_dialog(f"Backfill {row.name}") as dialog:
        _Backfill(view, row, standing.ledger.coverage, now, dialog)


class _Backfill:
    """The dialog that asks how far back to read."""

    def __init__(
        self, view: View, row: ConnectorRow, coverage: Coverage | None, now: datetime, dialog: ui.dialog
    ) -> None:
        self._view, self._row, self._coverage, self._now, self._dialog = view, row, coverage, now, dialog
        self._most = get_connector(row.type).streams[0].retention // _DAY
        ui.label("Reads the past that was not read yet, newest first. Polls go on meanwhile.").classes("quiet")
        self._by = ui.toggle({"days": "The last days", "date": "Since a date"}, value="days", on_change=self._changed)
        self._by.props('dense no-caps unelevated aria-label="How far back"').classes("spans")
        self._days = ui.number(f"Days (1 to {self._most})", value=self._most, min=1, max=self._most, precision=0)
        self._days.props("outlined dense").on_value_change(self._changed)
        oldest = (now - self._most * _DAY).date()
        self._date = ui.input("Date (UTC)", value=oldest.isoformat()).props("outlined dense type=date stack-label")
        self._date.props(f"min={oldest} max={now.date()}").on_value_change(self._changed)
        self._said = ui.label().classes("wrap").props('aria-live="polite"')
        with ui.row().classes("dialog-buttons"):
            ui.button("Cancel", on_click=dialog.close).props("flat")
            self._start = ui.button("Start backfill", on_click=self._ask).props("unelevated")
        self._changed()

    def _since(self) -> datetime | None:
        """Return from when on to read; None when what was typed is no such time."""
        if self._by.value == "days":
            days = self._days.value
            return self._now - days * _DAY if days is not None and 1 <= days <= self._most else None
        try:
            since = datetime.fromisoformat(self._date.value or "").replace(tzinfo=UTC)
        except ValueError:
            return None
        return since if self._now - (self._most + 1) * _DAY <= since < self._now else None

    def _changed(self) -> None:
        by_days = self._by.value == "days"
        self._days.set_visibility(by_days)
        self._date.set_visibility(not by_days)
        since = self._since()
        self._start.set_enabled(since is not None)
        wrong = f"Give 1 to {self._most} days." if by_days else f"Give a date within the last {self._most} days."
        text(self._said, wrong if since is None else read_already(self._coverage, Window(since, self._now)))

    async def _ask(self) -> None:
        since = self._since()
        if since is not None:
            await read_now(self._view, self._row.id, "backfill", since)
            self._dialog.close()


async def ask_delete(view: View, connector_id: UUID) -> None:
    """Ask for the connector's name, and delete it."""
    service = await view.service()
    service.actor.need(Role.ADMIN)
    row = await current(service, connector_id)

    async def delete() -> None:
        service = await view.service()
        if typed.value.strip() == row.name:
            await remove_connector(service, await current(service, connector_id))
            ui.navigate.to("/connectors")

    with opened_dialog(f"Delete {row.name}?") as dialog:
        ui.label(
            "Its settings, secret, coverage and poll history go for good. Its events stay and can still be searched."
        ).classes("wrap")
        typed = ui.input(f"Type {row.name} to delete it").props("outlined dense autocomplete=off spellcheck=false")
        with ui.row().classes("dialog-buttons"):
            ui.button("Cancel", on_click=dialog.close).props("flat")
            button = ui.button("Delete", on_click=delete).props("unelevated color=negative")
            button.bind_enabled_from(typed, "value", backward=lambda name: name.strip() == row.name)
