"""What the queue says when nothing is in it, and what to do then."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nicegui import ui

from app.console.alerts.asked import Asked
from app.console.alerts.known_rules import any_rule_on
from app.console.parts import empty
from app.search.language import parse
from app.service import Service
from app.storage.search import find_page


@dataclass(frozen=True)
class Why:
    """Why the queue is empty. ways: what leads out of it, an address by its word; without: what to ask for instead."""

    icon: str
    what: str
    hint: str
    ways: tuple[tuple[str, str], ...] = ()
    without: Asked | None = None


async def why_nothing(service: Service, asked: Asked) -> Why:
    """Return why no alert is shown."""
    if asked.narrowed:
        hint = "Other alerts may be there: take the filter away."
        return Why("search_off", "No alert matches", hint, without=Asked(state=asked.state, order=asked.order))
    if asked.state == "closed":
        return Why("inbox", "No alert was closed yet", "Close one with a verdict, and it is kept here.")
    async with service.engine.connect() as connection:
        if not (await find_page(connection, parse("", service.clock.now()), limit=1)).events:
            hint = "Alerts come of events: add a connector, and what the rules find appears here by itself."
            return Why("cable", "No events yet, so no alerts", hint, (("Connectors", "/connectors"),))
    if not await any_rule_on(service):
        hint = "Without a rule that is on, only the severity table makes alerts."
        return Why("rule", "No rule is on", hint, (("Rules", "/rules"),))
    ways = (("Closed alerts", "/alerts?state=closed"), ("Events", "/events"), ("Rules", "/rules"))
    hint = "No alert is open. New ones appear here by themselves."
    return Why("task_alt", "All done", hint, ways)


def draw_nothing(why: Why, ask: Callable[[Asked], Awaitable[None]]) -> None:
    """Draw why there is nothing, and the ways out of it."""
    with ui.element("div").classes("panel"):
        empty(why.icon, why.what, why.hint)
        with ui.element("div").classes("nothing-acts"):
            for word, path in why.ways:
                ui.link(word, path)
            if (without := why.without) is not None:
                ui.button("Take the filter away", on_click=lambda: ask(without)).props("unelevated")
