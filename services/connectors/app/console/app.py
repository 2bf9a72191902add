"""The console put onto the web application."""

import logging
from importlib import import_module
from pathlib import Path

import nicegui
from fastapi import FastAPI
from nicegui import ui
from sqlalchemy.exc import DBAPIError

from app.console.events.export import export_routes
from app.errors import AisocError
from app.web.errors import install_errors

_STATIC = Path(__file__).parent / "static"
_PAGES = (
    "overview",
    "alerts.queue",
    "alerts.suppressions",  # before alerts.one, whose path is any below the queue's
    "alerts.one",
    "events.page",
    "events.one",
    "rules.page",
    "rules.matrix",
    "rules.one",
    "connectors",
    "connector",
    "adding.catalog",
    "adding.page",
    "quarantine",
    "settings.profile",
    "settings.tokens",
    "settings.users",
    "settings.audit",
    "settings.keys",
)
_HEAD = """
<link rel="stylesheet" href="/console/console.css">
<link rel="stylesheet" href="/console/charts.css">
<link rel="stylesheet" href="/console/events.css">
<link rel="stylesheet" href="/console/alerts.css">
<link rel="stylesheet" href="/console/connectors.css">
<link rel="stylesheet" href="/console/adding.css">
<link rel="stylesheet" href="/console/settings.css">
<link rel="stylesheet" href="/console/rules.css">
<script src="/console/keys.js" defer></script>
<script src="/console/charts.js" defer></script>
<script src="/console/events.js" defer></script>
<script src="/console/alerts.js" defer></script>
<script src="/console/copy.js" defer></script>
"""


def mount_console(app: FastAPI) -> None:
    """Serve the console's pages at `/`, below what the application has already. Once a process: NiceGUI is one."""
    nicegui.app.add_static_files("/console", _STATIC)
    ui.add_head_html(_HEAD, shared=True)
    app.include_router(export_routes)
    for name in _PAGES:
        import_module(f"app.console.{name}")
    logging.getLogger("nicegui").addFilter(_is_unforeseen)
    install_errors(nicegui.app)
    ui.run_with(
        app, title="AiSOC", favicon=_STATIC / "shield.svg", tailwind=False, language="en-US", show_welcome_message=False
    )


def _is_unforeseen(record: logging.LogRecord) -> bool:
    """Keep out of the log what the visitor was told in words: a mistake in a form is no traceback."""
    return not (record.exc_info and isinstance(record.exc_info[1], AisocError | DBAPIError))
