"""The list of rules: what is watched for, what of it is on, what could not be read."""

import json
from collections.abc import Sequence
from pathlib import Path

from nicegui import ui

from app.console.live import Region, pulse, text
from app.console.pages import page
from app.console.rules.common import draw_problems, rules_head, switch
from app.console.rules.figures import Rules, read_rules_page
from app.console.rules.filters import Filters
from app.console.rules.listing import RuleTable
from app.console.rules.sifting import Wanted, sift, wanted_from
from app.console.view import View
from app.security.roles import Role
from app.service import Service

_SECONDS = 10


@page("/rules", "Rules")
async def rules(view: View) -> None:
    """Draw the list as its address asks for it."""
    shown = _List(view, wanted_from(view.request.query_params))
    await shown.refresh(await view.service())
    pulse(view, _SECONDS, shown.refresh)


class _List:
    """The page's parts."""

    def __init__(self, view: View, wanted: Wanted) -> None:
        self._view, self._wanted = view, wanted
        self._told = Rules((), ())
        self._own: Sequence[Path] = ()
        rules_head(view, "/rules")
        self._problems = Region(draw_problems, "rule-problems")
        with ui.element("section").classes("panel"):
            self._filters = Filters(wanted, self._narrow)
            self._said = ui.label().classes("quiet small").props('role=status aria-live="polite"')
            self._table = RuleTable(self._switch if view.may(Role.ANALYST) else None)

    async def refresh(self, service: Service) -> None:
        """Read the rules and show them."""
        self._told, self._own = await read_rules_page(service), service.settings.rules
        self._problems.show(self._told.problems)
        self._show()

    def _show(self) -> None:
        found = sift(self._told.listed, self._wanted)
        self._table.show(found, self._own)
        text(self._said, counted_words(self._told, len(found)))

    def _narrow(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._show()
        ui.run_javascript(f"history.replaceState({{}}, '', {json.dumps(wanted.address)})")

    async def _switch(self, rule_id: str, on: bool) -> None:
        try:
            await switch(self._view, rule_id, on=on)
        finally:
            await self.refresh(await self._view.service())


def counted_words(told: Rules, found: int) -> str:
    """Return how many rules there are, are on, and are shown."""
    listed = told.listed
    on = sum(each.on for each in listed)
    shown = f"{found:,} of {len(listed):,} rules" if found != len(listed) else f"{found:,} rules"
    active = sum(each.hits > 0 for each in listed)
    off = f", {len(listed) - on:,} off" if on != len(listed) else ", all on"
    return f"{shown}{off}. {active:,} found something in 30 days."
