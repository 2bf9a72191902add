"""The console put onto the web application."""

from importlib import import_module
from pathlib import Path

import nicegui
from fastapi import FastAPI
from nicegui import ui

from app.console.events.export import export_routes

_STATIC = Path(__file__).parent / "static"
_PAGES = (
    "overview",
    "events.page",
    "events.one",
    "connectors",
    "connector",
    "adding.catalog",
    "adding.page",
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
<link rel="stylesheet" href="/console/connectors.css">
<link rel="stylesheet" href="/console/adding.css">
<link rel="stylesheet" href="/console/settings.css">
<script src="/console/keys.js" defer></script>
<script src="/console/charts.js" defer></script>
<script src="/console/events.js" defer></script>
<script src="/console/copy.js" defer></script>
"""


def mount_console(app: FastAPI) -> None:
    """Serve the console's pages at `/`, below what the application has already. Once a process: NiceGUI is one."""
    nicegui.app.add_static_files("/console", _STATIC)
    ui.add_head_html(_HEAD, shared=True)
    app.include_router(export_routes)
    for name in _PAGES:
        import_module(f"app.console.{name}")
    ui.run_with(
        app, title="AiSOC", favicon=_STATIC / "shield.svg", tailwind=False, language="en-US", show_welcome_message=False
    )
