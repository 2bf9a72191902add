"""Explaining on a rule's page: which part of its condition an event meets, and which not."""

import re
from uuid import UUID

from nicegui import ui

from app.console.connector_actions import opened_dialog
from app.console.parts import finding, tag
from app.console.view import View
from app.detection.explaining import Explained
from app.detection.rules import Rule
from app.detection.trying import Explanation, explain_event
from app.errors import NotFound

_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_LONGEST = 300


def ask_event(view: View, rule: Rule) -> None:
    """Ask for an event, and show the rule's condition judged on it."""
    with opened_dialog(f"Explain {rule.title}") as dialog:
        asked = _Asked(view, rule)
        with ui.row().classes("dialog-buttons"):
            ui.button("Close", on_click=dialog.close).props("flat")
            ui.button("Explain", on_click=asked.explain).props("unelevated")


class _Asked:
    """The dialog's box, and what is said about the event in it."""

    def __init__(self, view: View, rule: Rule) -> None:
        self._view, self._rule = view, rule
        ui.label("Paste an event's ID or its address: each part of the condition is judged on it.").classes(
            "quiet wrap"
        )
        self._box = ui.input("Event")
        self._box.props(f"outlined dense autofocus autocomplete=off spellcheck=false maxlength={_LONGEST}")
        self._box.on("keydown.enter", self.explain)
        self._place = ui.element("div").classes("explained-place").props('aria-live="polite"')

    async def explain(self) -> None:
        """Judge the condition on the event that is asked for."""
        service = await self._view.service()
        event_id, found = id_in(self._box.value or ""), None
        if event_id is not None:
            try:
                found = await explain_event(service, self._rule.id, event_id)
            except NotFound as missing:
                if missing.code != "unknown_event":
                    raise
        self._place.clear()
        with self._place:
            if event_id is None or found is None:
                finding("warning", "There is no such event here.", "Copy the ID from the event's page.")
            else:
                for each in found:
                    _draw(each, event_id, several=len(found) > 1)


def id_in(text: str) -> UUID | None:
    """Return the id of the event that a text names, itself or in an address."""
    found = _ID.search(text[:_LONGEST])
    return UUID(found[0]) if found else None


def _draw(found: Explanation, event_id: UUID, *, several: bool) -> None:
    tree = found.tree
    if several:
        tag("h3", found.rule.title)
    with ui.element("div").classes(f"verdict {'verdict-yes' if tree.matched else 'verdict-no'}"):
        ui.icon("check_circle" if tree.matched else "cancel").props('aria-hidden="true"')
        with ui.element("div"):
            ui.label(f"The rule {'matches' if tree.matched else 'does not match'} this event").classes("strong")
            if tree.detail:
                ui.label(tree.detail.capitalize()).classes("small wrap")
            if found.rule.first_seen is not None:
                ui.label("It makes an alert only where that is seen for the first time.").classes("small wrap")
        ui.link("The event", f"/events/{event_id}").classes("finding-link small")
    with ui.element("ul").classes("explained").props('aria-label="Condition"'):
        for part in tree.children:
            _draw_part(part)


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
