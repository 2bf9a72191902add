"""What people do with alerts: take, assign, close with a verdict, open again, note; the same in queue and detail."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from nicegui import ui

from app.console.alerts.choices import choices
from app.console.alerts.words import VERDICT_HINTS, VERDICT_WORDS
from app.console.connector_words import number
from app.console.settings.common import dialog_of
from app.console.view import View
from app.detection.alerts import LONGEST_NOTE, ME, AlertChange, add_note, change_alerts, list_assignees
from app.storage.alert_filter import NOBODY, VERDICTS, Verdict
from app.storage.alert_queries import AlertRow

Done = Callable[[], Awaitable[None]]


class Acting:
    """What the visitor does. done: called after each thing, to show alerts as they are then."""

    def __init__(self, view: View, done: Done) -> None:
        self._view, self.done = view, done
        self._page = ui.context.client.layout

    async def take(self, alerts: Sequence[AlertRow]) -> None:
        """Assign alerts to the visitor; new ones are in progress then."""
        service = await self._view.service()
        new = [alert.id for alert in alerts if alert.status == "new"]
        others = [alert.id for alert in alerts if alert.status != "new"]
        if new:
            await change_alerts(service, new, AlertChange(status="in_progress", assignee=ME))
        if others:
            await change_alerts(service, others, AlertChange(assignee=ME))
        await self._tell(f"{_these(alerts)} assigned to you.")

    async def assign(self, alerts: Sequence[AlertRow], name: str) -> None:
        """Assign alerts to somebody, or with NOBODY to nobody."""
        await change_alerts(await self._view.service(), _ids(alerts), AlertChange(assignee=name))
        await self._tell(f"{_these(alerts)} {'unassigned' if name == NOBODY else f'assigned to {name}'}.")

    async def reopen(self, alerts: Sequence[AlertRow]) -> None:
        """Open alerts again; their verdict is taken back."""
        await change_alerts(await self._view.service(), _ids(alerts), AlertChange(status="new"))
        await self._tell(f"{_these(alerts)} open again.")

    async def note(self, alert_id: UUID, text: str) -> None:
        """Add a note to an alert."""
        await add_note(await self._view.service(), alert_id, text)
        await self.done()

    def ask_to_close(self, alerts: Sequence[AlertRow]) -> None:
        """Ask for the verdict, and close alerts with it."""
        open_ones = [alert for alert in alerts if alert.status != "closed"] or list(alerts)
        what = "Close the alert" if len(open_ones) == 1 else f"Close {len(open_ones):,} alerts"
        with dialog_of(what) as dialog:
            dialog.classes("close-alert")
            if len(open_ones) == 1:
                ui.label(open_ones[0].title).classes("quiet wrap")
            verdict = choices("Verdict", {each: (VERDICT_WORDS[each], VERDICT_HINTS[each]) for each in VERDICTS})
            note = note_box("Note, for the alert's history (optional)")
            with ui.row().classes("dialog-buttons"):
                ui.button("Cancel", on_click=dialog.delete, color=None).props("flat")

                async def close() -> None:
                    chosen = next((each for each in VERDICTS if each == verdict.value), None)
                    await self._close(open_ones, chosen, note.value or "")
                    dialog.delete()  # at the end: what is drawn belongs to it

                button = ui.button(what, on_click=close).props("unelevated")
                button.bind_enabled_from(verdict, "value", bool)
        dialog.open()

    async def _close(self, alerts: Sequence[AlertRow], verdict: Verdict | None, note: str) -> None:
        service = await self._view.service()
        if note.strip():
            for alert in alerts:
                await add_note(service, alert.id, note)
        await change_alerts(service, _ids(alerts), AlertChange(status="closed", verdict=verdict))
        await self._tell(f"{_these(alerts)} closed.")

    async def _tell(self, said: str) -> None:
        await self.done()
        with self._page:  # the button that was pressed may be gone
            ui.notify(said, type="positive", timeout=2500)


def assign_menu(acting: Acting, view: View, alerts: Callable[[], Sequence[AlertRow]]) -> None:
    """Draw, within a button, the menu of whom alerts can be assigned to."""
    with ui.menu().classes("assign-menu") as menu:
        place = ui.element("div")

    async def fill() -> None:
        names = await list_assignees(await view.service())
        place.clear()
        with place:
            ui.menu_item("Me", lambda: acting.take(alerts()))
            for name in names:
                if name != view.caller.name:
                    ui.menu_item(name, lambda name=name: acting.assign(alerts(), name)).classes("wrap")
            ui.separator()
            ui.menu_item("Nobody", lambda: acting.assign(alerts(), NOBODY))

    menu.on("before-show", fill)


def note_box(label: str) -> ui.textarea:
    """Draw where a note is written."""
    box = ui.textarea(label).props("outlined dense autogrow").classes("note-box form-field")
    box.props["maxlength"] = LONGEST_NOTE
    return box


def _ids(alerts: Sequence[AlertRow]) -> list[UUID]:
    return [alert.id for alert in alerts]


def _these(alerts: Sequence[AlertRow]) -> str:
    return "The alert is" if len(alerts) == 1 else f"{number(len(alerts), 'alert')} are"
