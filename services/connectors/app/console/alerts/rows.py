"""The queue's rows: each stays, with focus and choice, as long as its alert is in the queue."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from nicegui import ui

from app.clock import iso
from app.console.alerts.about import About, draw_about, technique_tags
from app.console.alerts.browser import Browser
from app.console.alerts.words import standing
from app.console.live import Region, text
from app.console.parts import age, severity_chip
from app.storage.alert_queries import AlertRow

# A click with a key held opens a tab of its own, as with any link.
FOLLOW = "(e) => { if (!e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); emit(); } }"
Follow = Callable[[UUID], Awaitable[None]]


class QueueRows:
    """The rows in their order. may_work: whether to offer to choose some. follow: called with the one to open."""

    def __init__(self, browser: Browser, follow: Follow, *, may_work: bool) -> None:
        self._browser, self._follow, self._may_work = browser, follow, may_work
        self._rows: dict[UUID, _Row] = {}
        self._list = ui.element("ol").classes("alert-rows").props('aria-label="Queue of alerts"')

    def show(self, alerts: Sequence[AlertRow], now: datetime) -> None:
        """Show these alerts; a row that stays is changed only where it differs, and keeps the reader's focus."""
        wanted = {alert.id for alert in alerts}
        gone = [each for each in self._rows if each not in wanted]
        if gone:
            self._browser.tell("gone", [str(each) for each in gone])
        for each in gone:
            self._rows.pop(each).element.delete()
        for place, alert in enumerate(alerts):
            row = self._rows.get(alert.id) or self._add(alert.id)
            if self._list.default_slot.children[place] is not row.element:
                row.element.move(self._list, target_index=place)
            row.show(alert, now)
        self._list.set_visibility(bool(alerts))

    def _add(self, alert_id: UUID) -> "_Row":
        with self._list:
            self._rows[alert_id] = _Row(alert_id, self._follow, may_work=self._may_work)
        return self._rows[alert_id]


class _Row:
    """One alert: what happened above, who did it to what and how it is dealt with below."""

    def __init__(self, alert_id: UUID, follow: Follow, *, may_work: bool) -> None:
        self._id, self._follow = alert_id, follow
        with ui.element("li").classes("alert-row") as self.element:
            self.element.props["data-alert"] = str(alert_id)
            self._choice = ui.element("input").classes("alert-choice").props("type=checkbox") if may_work else None
            with ui.element("div").classes("alert-severity"):
                self._severity = Region(severity_chip)
                self._techniques = Region(technique_tags, "technique-tags")
            with ui.element("div").classes("alert-words"):
                self._title = Region(self._draw_title)
                self._about = Region(draw_about)
            with ui.element("div").classes("alert-standing"):
                with ui.element("div").classes("alert-status"):
                    self._standing = Region(_draw_status)
                    self._age = ui.label().classes("number alert-age")
                self._owner = Region(_draw_owner)

    def show(self, alert: AlertRow, now: datetime) -> None:
        """Show the alert as it is."""
        if self._choice is not None and self._choice.props.get("aria-label") != f"Choose: {alert.title}":
            self._choice.props["aria-label"] = f"Choose: {alert.title}"
            self._choice.update()
        self._severity.show(alert.severity)
        self._title.show(alert.title)
        self._techniques.show(alert.techniques)
        self._about.show(About.of(alert))
        self._standing.show(standing(alert.status, alert.verdict), alert.status, alert.suppressed_by is not None)
        self._owner.show(alert.assignee or "", alert.status)
        text(self._age, f"{age(max(now - alert.last_time, timedelta()))} ago")
        span = f"{iso(alert.first_time)} to {iso(alert.last_time)}"
        if self._age.props.get("title") != span:
            self._age.props["title"] = span
            self._age.update()

    def _draw_title(self, title: str) -> None:
        link = ui.link(target=f"/alerts/{self._id}").classes("alert-title wrap")
        with link:
            ui.label(title).classes("inline")
        link.on("click", lambda: self._follow(self._id), js_handler=FOLLOW)


def _draw_status(said: str, status: str, held: bool) -> None:
    if held:
        ui.label("Suppressed").classes("chip severity-info")
    ui.label(said).classes(f"chip status-{status}")


def _draw_owner(assignee: str, status: str) -> None:
    if assignee:
        with ui.element("span").classes("alert-bit"):
            ui.icon("person_pin")
            ui.label("assigned to ").classes("unseen")
            ui.label(assignee).classes("inline")
    elif status != "closed":
        ui.label("Unassigned").classes("quiet small")
