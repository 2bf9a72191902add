"""What people do with a connector from its card or its page: read now, test, pause and resume."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from nicegui import context, ui

from app.collection.manage import probe_connector, switch_connector
from app.collection.readings import request_reading
from app.connectors.base import Finding, TestReport
from app.console.connector_words import KIND_WORDS
from app.console.parts import finding, tag
from app.console.view import View
from app.service import Service
from app.storage.connectors import ConnectorRow, need_connector
from app.storage.readings import Kind


@contextmanager
def opened_dialog(title: str) -> Iterator[ui.dialog]:
    """Open a dialog with a heading and what the block draws in it; it is removed with its contents when it closes."""
    # Below the page itself: what opened it may be drawn anew meanwhile.
    with context.client.content, ui.dialog() as dialog, ui.card().classes("dialog"):
        dialog.props["aria-label"] = title
        dialog.on("hide", dialog.delete)
        tag("h2", title)
        yield dialog
    dialog.open()


async def current(service: Service, connector_id: UUID) -> ConnectorRow:
    """Return a connector as it is now. Raises NotFound when it was removed meanwhile."""
    async with service.engine.connect() as connection:
        return await need_connector(connection, connector_id)


async def read_now(view: View, connector_id: UUID, kind: Kind, since: datetime | None = None) -> None:
    """Ask for a reading, and say so."""
    service = await view.service()
    row = await current(service, connector_id)
    await request_reading(service, row, kind, since)
    ui.notify(f"{KIND_WORDS[kind]} of {row.name} asked for. It begins within seconds.", type="positive")


async def switch(view: View, connector_id: UUID, *, enabled: bool) -> None:
    """Pause or resume a connector, and say so."""
    service = await view.service()
    row = await current(service, connector_id)
    await switch_connector(service, row, enabled=enabled)
    said = "is resumed and reads on from where it stopped." if enabled else "is paused: nothing is read."
    ui.notify(f"{row.name} {said}", type="positive")


async def test(view: View, connector_id: UUID) -> None:
    """Test a connector's connection; the findings appear in a dialog."""
    service = await view.service()
    row = await current(service, connector_id)
    with opened_dialog(f"Test connection of {row.name}") as dialog:
        findings = Findings()
        with ui.row().classes("dialog-buttons"):
            ui.button("Close", on_click=dialog.close).props("flat")
    findings.end(await probe_connector(service, row, findings.tell))


class Findings:
    """What a connection test finds, each as it comes."""

    def __init__(self) -> None:
        with ui.element("div").classes("findings").props('aria-live="polite"'):
            self._found = ui.element("div").classes("findings")
            with ui.row().classes("asking") as self._asking:
                ui.spinner(size="1.2em")
                ui.label("Asking the source …")

    def tell(self, found: Finding) -> None:
        """Draw a finding below the others."""
        with self._found:
            finding(found.level, found.message, found.remedy)

    def end(self, report: TestReport) -> None:
        """Say what the findings come to."""
        self._asking.set_visibility(False)
        with self._found:
            ui.label("It can collect." if report.ok else "It cannot collect yet.").classes("strong")
