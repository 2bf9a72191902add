"""Settings: the audit log, who changed what, when and from where."""

import json
from collections.abc import Mapping
from typing import Any

from nicegui import ui

from app.clock import iso
from app.console.pages import page
from app.console.parts import empty, panel, tag
from app.console.settings.common import table, tabs
from app.console.view import View
from app.security.roles import Role
from app.storage.audit import list_changes

_PATH = "/settings/audit"
_PAGE = 50
_GROUPS = {
    "": "Everything",
    "alert": "Alerts",
    "suppression": "Suppressions",
    "rule": "Rules",
    "hunt": "Hunts",
    "connector": "Connectors",
    "reading": "Polls, audits and backfills by hand",
    "quarantine": "Quarantine",
    "user": "Users",
    "session": "Signing in and out",
    "token": "API tokens",
    "search": "Saved searches",
    "keys": "Encryption keys",
}


@page(_PATH, "Audit log", Role.ADMIN)
async def audit_page(view: View) -> None:
    """Draw the audit log, the latest first."""
    tabs(view, _PATH)
    with panel("Audit log"):
        log = _Log(view)
        with ui.row().classes("panel-line"):
            log.group = ui.select(_GROUPS, value="", label="About", on_change=log.first).props("outlined dense")
            log.group.classes("filter")
            log.actor = ui.input("By whom", on_change=log.first).props("outlined dense clearable debounce=400")
            log.actor.props("autocomplete=off maxlength=100").classes("filter")
        log.place = ui.element("div").classes("place-of-rows")
    await log.first()


class _Log:
    """The pages of the log that are shown, with the filter."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.group: ui.select
        self.actor: ui.input
        self.place: ui.element
        self._pages: list[int | None] = [None]

    async def first(self) -> None:
        """Show the newest entries."""
        self._pages = [None]
        await self._draw()

    async def _older(self, before: int) -> None:
        self._pages.append(before)
        await self._draw()

    async def _newer(self) -> None:
        self._pages.pop()
        await self._draw()

    async def _draw(self) -> None:
        service = await self._view.service()
        service.actor.need(Role.ADMIN)
        actor = (self.actor.value or "").strip().replace("\0", "") or None
        async with service.engine.connect() as connection:
            changes = await list_changes(connection, _PAGE + 1, self._pages[-1], self.group.value or None, actor)
        self.place.clear()
        with self.place:
            if not changes:
                empty("history", "Nothing was changed so", "Choose another filter.")
                return
            with table("Audit log", ("When (UTC)", "Who", "What", "To what", "Facts")):
                for change in changes[:_PAGE]:
                    _row(change)
            self._steps(changes)

    def _steps(self, changes: list[dict[str, Any]]) -> None:
        with ui.row().classes("panel-line"):
            if len(self._pages) > 1:
                ui.button("Newer", icon="chevron_left", on_click=self._newer, color=None).props("flat dense")
            if len(changes) > _PAGE:
                older = ui.button("Older", on_click=lambda: self._older(changes[_PAGE - 1]["id"]), color=None)
                older.props("flat dense icon-right=chevron_right")


def _row(change: Mapping[str, Any]) -> None:
    with ui.element("tr"):
        tag("td", f"{change['at']:%d %b %Y %H:%M:%S}", "number-left").tooltip(f"{iso(change['at'])}")
        with ui.element("td"):
            ui.label(change["actor"]).classes("strong wrap")
            ui.label(f"{change['via']}{' · ' + change['ip'] if change['ip'] else ''}").classes("quiet small")
        tag("td", change["action"], "mono")
        tag("td", change["target"], "wrap")
        with ui.element("td"):
            _facts(change["facts"])


def _facts(facts: Mapping[str, Any]) -> None:
    if not facts:
        ui.label("none").classes("quiet")
        return
    with ui.element("details"):
        tag("summary", f"{len(facts)} facts" if len(facts) > 1 else "1 fact")
        with ui.element("pre").classes("facts-json"):
            ui.label(json.dumps(facts, indent=1, ensure_ascii=False)).classes("inline")
