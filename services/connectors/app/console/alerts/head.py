"""How an alert stands, and the buttons for what can be done with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from nicegui import ui

from app.console.alerts.about import outcome_chip
from app.console.alerts.acting import Acting, assign_menu
from app.console.alerts.words import standing
from app.console.parts import finding, moment, severity_chip
from app.console.view import View
from app.detection.alerts import AlertDetail
from app.events.event import Outcome, Severity
from app.storage.alert_queries import AlertRow


@dataclass(frozen=True)
class Standing:
    """How an alert stands; equal as long as nothing of it changes. held: why it is not in the queue, and until when."""

    severity: Severity
    outcome: Outcome
    status: str
    verdict: str | None
    assignee: str | None
    superseded_by: UUID | None
    held: tuple[str, str] | None

    @classmethod
    def of(cls, detail: AlertDetail, now: datetime) -> Self:
        """Return how an alert stands."""
        alert, by = detail.alert, detail.suppression
        held = None
        if by is not None:
            held = (f"Suppressed by {by.created_by} until {moment(by.until, now)} UTC.", f"Because: {by.reason}")
        return cls(
            alert.severity, alert.outcome, alert.status, alert.verdict, alert.assignee, alert.superseded_by, held
        )


def draw_standing(told: Standing) -> None:
    """Draw severity, outcome, status and assignee, and why the alert is out of the queue where it is."""
    with ui.element("div").classes("alert-lead"):
        severity_chip(told.severity)
        ui.label(standing(told.status, told.verdict)).classes(f"chip status-{told.status}")
        outcome_chip(told.outcome)
        ui.label(f"Assigned to {told.assignee}" if told.assignee else "Unassigned").classes("quiet small wrap")
    if told.held is not None:
        finding("warning", *told.held, link=("Suppressions", "/alerts/suppressions"))
    if told.superseded_by is not None:
        said = "Another alert says the same and more, so this one is not in the queue."
        finding("warning", said, link=("Open that one", f"/alerts/{told.superseded_by}"))


class Acts:
    """The buttons for what can be done with an alert; which of them are there depends on how it stands.

    alert: gives it as it is at present; hold_back: what Suppress does.
    """

    def __init__(
        self, view: View, acting: Acting, alert: Callable[[], AlertRow], hold_back: Callable[[], Awaitable[None]]
    ) -> None:
        self._name = view.caller.name
        with ui.element("div").classes("alert-acts"):
            self._take = ui.button("Take it", icon="pan_tool_alt", on_click=lambda: acting.take([alert()]))
            self._reopen = ui.button("Reopen", icon="undo", on_click=lambda: acting.reopen([alert()]))
            self._close = ui.button(
                "Close…", icon="task_alt", on_click=lambda: acting.ask_to_close([alert()]), color=None
            )
            self._verdict = ui.button(
                "Verdict…", icon="rule", on_click=lambda: acting.ask_to_close([alert()]), color=None
            )
            with ui.button("Assign", icon="person_add_alt", color=None).props("outline dense"):
                assign_menu(acting, view, lambda: [alert()])
            hold = ui.button("Suppress…", icon="notifications_off", on_click=hold_back, color=None)
            hold.props("outline dense").tooltip("Hold alerts like this one back for a time")
        for button in (self._take, self._reopen):
            button.props("unelevated dense")
        for button in (self._close, self._verdict):
            button.props("outline dense")

    def show(self, alert: AlertRow) -> None:
        """Offer what can be done with the alert as it stands."""
        closed = alert.status == "closed"
        self._take.set_visibility(not closed and (alert.assignee != self._name or alert.status == "new"))
        self._close.set_visibility(not closed)
        self._reopen.set_visibility(closed)
        self._verdict.set_visibility(closed)
