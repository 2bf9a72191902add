"""What keys do on the pages of alerts: said in the help, and heard from the browser."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.console.alerts.acting import Acting
from app.console.alerts.asked import as_id
from app.console.view import View
from app.security.roles import Role
from app.storage.alert_queries import AlertRow

_MOVING = [
    ("/", "Filter by title"),
    ("j ↓", "Next alert"),
    ("k ↑", "Previous alert"),
    ("Enter", "Open it beside the queue"),
]
_WORKING = [("e", "Close, with a verdict"), ("a", "Take it: assign to me"), ("n", "Write a note")]
_CHOOSING = [("x", "Choose it, to act on several")]


def listen_to_keys(
    view: View,
    acting: Acting,
    meant: Callable[[list[UUID]], list[AlertRow]],
    note: Callable[[AlertRow], Awaitable[None]],
    *,
    queue: bool = True,
) -> None:
    """Do what keys ask for. meant: the alerts that a key is about; note: leads to where one is written on an alert.

    queue: whether the page has rows to move in.
    """
    may_work = view.may(Role.ANALYST)
    view.keys += (_MOVING if queue else []) + (_WORKING if may_work else []) + (_CHOOSING if may_work and queue else [])

    async def pressed(event: GenericEventArguments) -> None:
        told = event.args if isinstance(event.args, dict) else {}
        ids = [found for each in told.get("ids", []) if (found := as_id(each)) is not None]
        alerts = meant(ids)
        if not alerts or not may_work:
            return
        match told.get("act"):
            case "close":
                acting.ask_to_close(alerts)
            case "assign":
                await acting.take(alerts)
            case "note":
                await note(alerts[0])

    ui.element("span").props("data-alerts-keys hidden")
    ui.on("aisoc_alert_key", pressed)
