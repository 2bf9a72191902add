"""What is held back at present and was before: why, by whom, until when, and how many alerts."""

from datetime import datetime

from nicegui import ui

from app.clock import iso
from app.console.alerts.asked import Asked
from app.console.alerts.known_rules import rule_titles
from app.console.alerts.suppress import ask_to_suppress
from app.console.alerts.tabs import alert_tabs
from app.console.alerts.words import ENTITY_WORDS, SEVERITY_TABLE
from app.console.connector_words import number
from app.console.live import Region, pulse
from app.console.pages import page
from app.console.parts import empty, moment, panel
from app.console.settings.common import ask, table, when
from app.console.view import View
from app.console.watching import minute_of
from app.detection.suppressing import list_suppressions, unsuppress
from app.security.roles import Role
from app.service import Service
from app.storage.suppressions import SuppressionRow

_PATH = "/alerts/suppressions"
_SECONDS = 10
_COLUMNS = ("What", "Held back", "Until (UTC)", "Reason", "")


@page(_PATH, "Suppressions")
async def suppressions(view: View) -> None:
    """Draw the lists of suppressions."""
    shown = _Suppressions(view)
    await shown.refresh(await view.service())
    pulse(view, _SECONDS, shown.refresh)


class _Suppressions:
    """Both lists; each is drawn anew only when it changed."""

    def __init__(self, view: View) -> None:
        self._view = view
        with alert_tabs(_PATH):
            if view.may(Role.ANALYST):
                ui.button("Suppress…", icon="notifications_off", on_click=self._add).props("unelevated")
        with panel("Active"):
            self._active = Region(self._draw_active)
        with panel("Past"):
            self._past = Region(self._draw_past)

    async def refresh(self, service: Service) -> None:
        """Read the suppressions, and show what has changed."""
        active = tuple(await list_suppressions(service, active=True))
        past = tuple(await list_suppressions(service, active=False))
        titles = await rule_titles(service)
        now = minute_of(service.clock.now())
        self._active.show(active, titles, now)
        self._past.show(past, titles, now)

    async def _again(self) -> None:
        await self.refresh(await self._view.service())

    async def _add(self) -> None:
        await ask_to_suppress(self._view, self._again)

    def _draw_active(self, rows: tuple[SuppressionRow, ...], titles: dict[str, str], now: datetime) -> None:
        if not rows:
            hint = "When an alert keeps coming for a reason you know, hold it back for a time: open it, and Suppress."
            empty("notifications_active", "Nothing is suppressed", hint)
            return
        with table("Active suppressions", _COLUMNS):
            for row in rows:
                with ui.element("tr"):
                    self._cells(row, titles, now)
                    with ui.element("td").classes("actions"):
                        if self._view.may(Role.ANALYST):
                            self._remove_button(row, titles)

    def _draw_past(self, rows: tuple[SuppressionRow, ...], titles: dict[str, str], now: datetime) -> None:
        if not rows:
            ui.label("None yet.").classes("quiet")
            return
        with table("Past suppressions", _COLUMNS):
            for row in rows:
                with ui.element("tr"):
                    self._cells(row, titles, now)
                    with ui.element("td").classes("quiet small"):
                        said = f"removed by {row.removed_by}" if row.removed_by else "ran out"
                        ui.label(said).classes("wrap")

    def _cells(self, row: SuppressionRow, titles: dict[str, str], now: datetime) -> None:
        rule, entity = words_of(row, titles)
        with ui.element("td"):
            ui.label(rule).classes("strong wrap")
            ui.label(entity).classes("quiet small wrap")
        with ui.element("td"):
            held = Asked(state="all", suppression=str(row.id))
            ui.link(number(row.alerts, "alert"), held.address)
        when(row.until, now)
        with ui.element("td"):
            ui.label(row.reason).classes("wrap")
            by = ui.label(f"{row.created_by}, {moment(row.created_at, now)}").classes("quiet small wrap")
            by.props["title"] = iso(row.created_at)

    def _remove_button(self, row: SuppressionRow, titles: dict[str, str]) -> None:
        async def remove() -> None:
            rule, entity = words_of(row, titles)
            back = f"{number(row.alerts, 'alert')} held back by it will be in the queue again. {rule}, {entity}."
            if await ask("Remove the suppression?", back, "Remove"):
                await unsuppress(await self._view.service(), row.id)
                await self._again()

        button = ui.button("Remove", on_click=remove, color=None).props("flat dense")
        button.props["aria-label"] = f"Remove the suppression of {', '.join(words_of(row, titles))}"


def words_of(row: SuppressionRow, titles: dict[str, str]) -> tuple[str, str]:
    """Return which rule a suppression is of, and about whom or what."""
    if row.rule_id is None:
        rule = "Any rule"
    elif row.rule_id.startswith("severity:"):
        rule = f"{SEVERITY_TABLE}: {row.rule_id.removeprefix('severity:')}"
    else:
        rule = titles.get(row.rule_id, row.rule_id)
    return rule, f"{ENTITY_WORDS[row.kind]} {row.value}" if row.kind else "anybody and anything"
