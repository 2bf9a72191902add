"""Overview: what happened lately, whether we see everything, and what needs attention first."""

from nicegui import ui

from app.console.pages import page
from app.console.view import View


@page("/", "Overview")
async def overview(view: View) -> None:
    """Draw the overview."""
    ui.label(f"Hello {view.caller.name}")
