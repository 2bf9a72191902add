"""What the pages of the alerts share: their title, and the ways between them."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from app.console.parts import titled

_TABS = (("/alerts", "Queue", "inbox"), ("/alerts/suppressions", "Suppressions", "notifications_off"))


@contextmanager
def alert_tabs(current: str) -> Iterator[None]:
    """Draw title and tabs; the block draws what stands beside the title. current: the path of the page."""
    with titled("Alerts"):
        yield
    with ui.element("nav").classes("tabs").props('aria-label="Alerts"'):
        for path, name, icon in _TABS:
            with ui.link(target=path).classes("tab current" if path == current else "tab") as link:
                ui.icon(icon)
                ui.label(name)
            if path == current:
                link.props('aria-current="page"')
