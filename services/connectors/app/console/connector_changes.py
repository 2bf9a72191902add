"""What was changed of a connector lately, from the audit log."""

from datetime import datetime
from typing import Any

from nicegui import ui

from app.clock import iso
from app.console.connector_words import change_words
from app.console.live import Region


class Changes:
    """The list of changes, newest first."""

    def __init__(self) -> None:
        self._place = Region(self._draw)

    def show(self, changes: tuple[dict[str, Any], ...], now: datetime) -> None:
        """Show entries of the audit log."""
        self._place.show(tuple((one["at"], change_words(one)) for one in changes), now.date())

    def _draw(self, changes: tuple[tuple[datetime, str], ...], _today: object) -> None:
        if not changes:
            ui.label("Nothing was changed since it was added.").classes("quiet")
        with ui.element("ol").classes("changes"):
            for at, said in changes:
                with ui.element("li"):
                    told = ui.label(f"{at:%d %b %H:%M}").classes("quiet number")
                    told.props["title"] = iso(at)
                    ui.label(said).classes("wrap")
