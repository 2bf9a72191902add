"""The guide beside the form: what to do at the source, and the command that does it, filled in as one types."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nicegui import ui

from app.connectors.base import Connector
from app.console.adding import azure
from app.console.copying import copy_button
from app.console.parts import panel, tag

Command = Callable[[Mapping[str, Any]], str]


class Guide(NamedTuple):
    """What is told of a source. commands: by the name of a choice, from what was typed; names: a connector's, too."""

    reads: str
    needs: str
    steps: tuple[tuple[str, str], ...]
    commands: Mapping[str, Command]
    name: Command


_GUIDES = {
    "azure_activity": Guide(
        azure.READS,
        azure.NEEDS,
        azure.STEPS,
        {"New app": azure.new_app_commands, "Existing app": azure.existing_app_commands},
        azure.name_from,
    ),
}


def guide_of(connector: Connector) -> Guide:
    """Return the guide of a connector's type; of one without a guide, what its contract tells."""
    streams = ", ".join(stream.name for stream in connector.streams)
    return _GUIDES.get(connector.id) or Guide(f"Reads: {streams}.", "", (), {}, lambda _typed: "")


class DrawnGuide:
    """The guide as it is drawn; `fill` puts what was typed into its command."""

    def __init__(self, connector: Connector) -> None:
        self._guide = guide_of(connector)
        self._typed: Mapping[str, Any] = {}
        self._code: ui.label | None = None
        self._choice = next(iter(self._guide.commands), "")
        with panel("Setup guide"):
            if self._guide.needs:
                ui.label(self._guide.needs).classes("quiet")
            if self._guide.commands:
                self._draw_commands()
            if self._guide.steps:
                self._draw_steps()
            ui.label(f"More in {connector.docs}").classes("quiet small")

    def fill(self, typed: Mapping[str, Any]) -> None:
        """Fill the command in with what was typed, which is quoted for the shell."""
        self._typed = typed
        if self._code is not None:
            self._code.text = self._guide.commands[self._choice](typed)

    def _draw_commands(self) -> None:
        tag("h3", "With the Azure CLI")
        choice = ui.radio(list(self._guide.commands), value=self._choice, on_change=lambda e: self._choose(e.value))
        choice.props('inline dense role=radiogroup aria-label="For which app"').classes("choices")
        with ui.element("div").classes("command"):
            with ui.element("pre").props("tabindex=0"):
                self._code = ui.label().classes("inline")
            copy_button(self._code, "Copy the command")
        ui.label(
            "In the answer, appId is the client ID, password the client secret, tenant the tenant ID. You need to be "
            "Owner or User Access Administrator of the subscription."
        ).classes("quiet small")
        self.fill({})

    def _choose(self, choice: str) -> None:
        self._choice = choice
        self.fill(self._typed)

    def _draw_steps(self) -> None:
        tag("h3", "With the portal")
        with ui.element("ol").classes("steps"):
            for title, text in self._guide.steps:
                with ui.element("li"):
                    ui.label(title).classes("strong")
                    ui.label(text).classes("quiet small")
