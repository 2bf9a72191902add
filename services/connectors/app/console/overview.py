"""Overview: what happened lately, whether we see everything, and what needs attention first."""

from nicegui import ui

from app.console.pages import page
from app.console.parts import empty, finding, health_chip, panel, severity_chip, titled
from app.console.view import View
from app.events.event import Severity


@page("/", "Overview")
async def overview(view: View) -> None:
    """Draw the overview."""
    with titled("Overview"):
        ui.button("Add connector", icon="add").props("unelevated")
    with panel("Hello"):
        ui.label(view.caller.name)
        finding("warning", "Something needs attention.", "Do this.")
        finding("error", "Something failed.", "Do that.")
        finding("ok", "Fine.")
        with ui.row():
            for s in Severity:
                severity_chip(s)
            for h in ("healthy", "behind", "failing", "paused"):
                health_chip(h)
    with panel("Nothing"):
        empty("inbox", "No events yet", "Add a connector.")
