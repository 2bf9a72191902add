"""What was done to an alert, by whom and when; and where a note is written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from nicegui import ui

from app.clock import iso
from app.console.alerts.acting import Acting, note_box
from app.console.alerts.words import OUTCOME_WORDS, STATUS_WORDS, VERDICT_WORDS
from app.console.live import Region
from app.console.parts import moment, tag
from app.console.watching import midnight_of
from app.security.roles import SYSTEM
from app.storage.alert_queries import AlertChangeRow, AlertRow

_SYSTEM = "AiSOC"
_OTHER_WORDS = {"unsuperseded": "put it back into the queue", "unsuppressed": "put it back: it is no longer suppressed"}


class History:
    """The list, and the box below it, which stays while the list grows. may_work: whether notes may be written."""

    def __init__(self, acting: Acting, heading: str, classes: str, *, may_work: bool) -> None:
        self._acting = acting
        self._alert_id: UUID
        with ui.element("section").classes(classes):
            tag(heading, "History")
            self._list = Region(_draw_changes, "alert-history")
            if may_work:
                self._box = note_box("Write a note")
                ui.button("Add note", icon="add_comment", on_click=self._add, color=None).props("outline dense")

    def show(self, alert: AlertRow, changes: tuple[AlertChangeRow, ...], now: datetime) -> None:
        """Show what was done until now."""
        self._alert_id = alert.id
        self._list.show(alert.created_at, changes, midnight_of(now))

    async def _add(self) -> None:
        written = self._box.value or ""
        await self._acting.note(self._alert_id, written)
        self._box.set_value("")


def _draw_changes(made_at: datetime, changes: tuple[AlertChangeRow, ...], today: datetime) -> None:
    with ui.element("ol").classes("deeds"):
        if not any(change.action == "created" for change in changes):
            _line(made_at, today, _SYSTEM, "made the alert")
        for change in changes:
            note = str(change.facts.get("text", "")) if change.action == "note" else ""
            who = _SYSTEM if change.actor == SYSTEM.name else change.actor
            _line(change.at, today, who, change_words(change), note)


def _line(at: datetime, today: datetime, who: str, did: str, note: str = "") -> None:
    with ui.element("li"):
        with ui.element("div").classes("deed"):
            ui.label(who).classes("strong inline wrap")
            ui.label(did).classes("inline wrap")
            ui.label(moment(at, today)).classes("quiet small number inline").props["title"] = iso(at)
        if note:
            ui.label(note).classes("note-text wrap")


def change_words(change: AlertChangeRow) -> str:
    """Return what was done, as the sentence goes on after who did it."""
    facts = change.facts
    match change.action:
        case "created":
            return "made the alert"
        case "note":
            return "wrote a note"
        case "change":
            return _fields_words(facts)
        case "outcome":
            after = str(facts.get("to"))
            return f"saw how it ended: {OUTCOME_WORDS.get(after, after).lower()}"
        case "suppressed":
            return "held it back: it is suppressed"
        case "superseded":
            return "took it out of the queue: another alert says the same and more"
    return _OTHER_WORDS.get(change.action, change.action.replace("_", " "))


def _fields_words(facts: Mapping[str, Any]) -> str:
    """Return what somebody changed, from [before, after] of each field."""
    before, after = ({name: told[place] for name, told in facts.items()} for place in (0, 1))
    said = []
    if "status" in after:
        said.append(_status_words(str(after["status"]), before["status"]))
    if verdict := after.get("verdict"):
        word = VERDICT_WORDS.get(verdict, verdict).lower()
        if after.get("status") == "closed":
            said[-1] += f" as {word}"
        else:
            said.append(f"changed the verdict to {word}")
    if "assignee" in after:
        said.append(f"assigned it to {after['assignee']}" if after["assignee"] else "unassigned it")
    return ", ".join(said) or "changed nothing"


def _status_words(status: str, before: object) -> str:
    match status:
        case "closed":
            return "closed it"
        case "new":
            return "opened it again" if before == "closed" else "put it back to new"
        case "in_progress":
            return "opened it again" if before == "closed" else "began to work on it"
    return f"set it to {STATUS_WORDS.get(status, status)}"
