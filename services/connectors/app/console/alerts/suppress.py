"""The dialog that holds alerts back: of a rule, about an entity, or both, until a time, for a reason."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from nicegui import ui

from app.console.alerts.known_rules import rule_titles
from app.console.alerts.targets import Free, OfAlert, Targeting
from app.console.connector_words import number
from app.console.settings.common import dialog_of
from app.console.view import View
from app.detection.suppressing import LONGEST_REASON, Wish, suppress
from app.errors import InvalidInput
from app.storage.alert_queries import AlertRow
from app.storage.alerts import Entity

_UNTIL = {"1": "1 day", "7": "7 days", "30": "30 days", "date": "A date"}
Done = Callable[[], Awaitable[None]]


async def ask_to_suppress(view: View, done: Done, alert: AlertRow | None = None, entity: Entity | None = None) -> None:
    """Ask what to hold back, until when and why, and do it. alert, entity: what is proposed; done: called after."""
    rules = {} if alert else await rule_titles(await view.service())
    with dialog_of("Suppress alerts") as dialog:
        dialog.classes("suppress")
        said = "What is suppressed is kept, but not in the queue, until then or until somebody removes the suppression."
        ui.label(said).classes("quiet wrap")
        target: Targeting = OfAlert(alert, entity) if alert else Free(rules)
        until = _Until()
        reason = ui.input("Reason *").props("outlined dense autocomplete=off").classes("form-field")
        reason.props["maxlength"] = LONGEST_REASON
        reason.props["hint"] = "Everybody sees it, with your name."

        async def hold_back() -> None:
            service = await view.service()
            rule, kind, value = target.target()
            at = until.time(service.clock.now())
            wish = Wish(until=at, reason=reason.value or "", rule_id=rule, kind=kind, value=value)
            held = (await suppress(service, wish)).alerts
            await done()
            ui.notify(f"Suppressed: {number(held, 'alert')} out of the queue.", type="positive", timeout=3000)
            dialog.delete()  # at the end: what is drawn belongs to it

        with ui.row().classes("dialog-buttons"):
            ui.button("Cancel", on_click=dialog.delete, color=None).props("flat")
            ui.button("Suppress", on_click=hold_back).props("unelevated")
    dialog.open()


class _Until:
    """Until when: some days from now, or the end of a day."""

    def __init__(self) -> None:
        with ui.element("div").classes("until"):
            ui.label("For how long").classes("quiet small")
            self._span = ui.toggle(_UNTIL, value="7").props('dense no-caps unelevated aria-label="For how long"')
            self._span.classes("spans")
            self._date = ui.input("Until the end of (UTC)").props("outlined dense type=date stack-label")
            self._date.classes("form-field").bind_visibility_from(self._span, "value", lambda span: span == "date")

    def time(self, now: datetime) -> datetime:
        """Return the time that was chosen. Raises InvalidInput (invalid_suppression) for a date that is none."""
        if self._span.value != "date":
            return now + timedelta(days=int(self._span.value or 7))
        try:
            day = datetime.fromisoformat(str(self._date.value or "")).replace(tzinfo=UTC)
        except ValueError as error:
            raise InvalidInput(
                "invalid_suppression", "No date was chosen.", "Choose the last day of the suppression."
            ) from error
        return day + timedelta(days=1)
