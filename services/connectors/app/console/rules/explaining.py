"""Explaining on a rule's page: which part of its condition an event meets, and which not."""

from nicegui import ui

from app.console.connector_actions import opened_dialog
from app.console.parts import empty
from app.console.rules.evidence import Explanation, explain_event
from app.console.view import View
from app.detection.explaining import Explained
from app.detection.rules import EventRule

_LONGEST_ID = 300


async def ask_event(view: View, rule: EventRule, suggested: str = "") -> None:
    """Ask for an event, and show the rule's condition judged on it. suggested: an event's id to begin with."""
    with opened_dialog(f"Explain {rule.title}") as dialog:
        dialog.props["aria-label"] = f"Explain {rule.title}"
        asked = _Asked(view, rule, suggested)
        with ui.row().classes("dialog-buttons"):
            ui.button("Close", on_click=dialog.close).props("flat")
            ui.button("Explain", on_click=asked.explain).props("unelevated")
    if suggested:
        await asked.explain()


class _Asked:
    """The dialog's box and what is said about the event in it."""

    def __init__(self, view: View, rule: EventRule, suggested: str) -> None:
        self._view, self._rule = view, rule
        ui.label("Paste an event's ID or its address: each part of the condition is judged on it.").classes(
            "quiet wrap"
        )
        self._box = ui.input("Event", value=suggested)
        self._box.props(f"outlined dense autocomplete=off spellcheck=false maxlength={_LONGEST_ID} input-class=mono")
        self._box.on("keydown.enter", self.explain)
        self._place = ui.element("div").classes("explained-place").props('aria-live="polite"')

    async def explain(self) -> None:
        """Judge the condition on the event that is asked for."""
        service = await self._view.service()
        found = await explain_event(service, self._rule, self._box.value or "")
        self._place.clear()
        with self._place:
            if found is None:
                empty("search_off", "There is no such event here", "Copy the ID from the event's page.")
            else:
                _draw(found)


def _draw(found: Explanation) -> None:
    matched = found.tree.matched
    with ui.element("div").classes(f"verdict {'verdict-yes' if matched else 'verdict-no'}"):
        ui.icon("check_circle" if matched else "cancel").props('aria-hidden="true"')
        with ui.element("div"):
            ui.label("The rule matches this event" if matched else "The rule does not match this event").classes(
                "strong"
            )
            with ui.element("div").classes("small"):
                ui.link(found.stored.event.title, f"/events/{found.stored.event.id}").classes("wrap")
    if found.note:
        ui.label(found.note).classes("quiet small wrap")
    with ui.element("ul").classes("explained").props('aria-label="Condition"'):
        _draw_part(found.tree)


def _draw_part(part: Explained) -> None:
    with ui.element("li").classes("part-yes" if part.matched else "part-no"):
        with ui.element("div").classes("part"):
            ui.icon("check" if part.matched else "close").props('aria-hidden="true"')
            ui.label("yes:" if part.matched else "no:").classes("unseen")
            with ui.element("div"):
                ui.label(part.text).classes("mono wrap")
                if part.detail:
                    ui.label(part.detail).classes("quiet small wrap")
        if part.children:
            with ui.element("ul"):
                for child in part.children:
                    _draw_part(child)
