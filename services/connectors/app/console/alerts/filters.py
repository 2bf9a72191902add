"""The controls above the queue: which alerts, how many of them there are, and in which order."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from nicegui import ui

from app.console.alerts.asked import ORDERS, OWNERS, STATES, Asked
from app.console.alerts.words import ENTITY_WORDS, last_name
from app.console.live import Region, text
from app.events.event import Severity
from app.storage.alert_filter import OPEN
from app.storage.alert_queries import AlertCounts

Ask = Callable[[Asked], Awaitable[None]]


class Filters:
    """The row of controls. ask: called with what is wanted then."""

    def __init__(self, ask: Ask, asked: Asked) -> None:
        self._ask, self._asked = ask, asked
        self._rules: dict[str, str] = {}
        with ui.element("div").classes("alert-filters").props('role=search aria-label="Which alerts"'):
            with ui.element("div").classes("choices").props('role=group aria-label="State"'):
                self._states = {
                    state: _Choice(word, partial(self._change, state=state)) for state, word in STATES.items()
                }
            with ui.element("div").classes("choices").props('role=group aria-label="Severity"'):
                self._severities = {
                    each: _Choice(each.value, partial(self._switch, each), dot=each) for each in reversed(Severity)
                }
            self._text, self._owner, self._rule, self._order = self._draw_fields()
            self._held = _Choice("Suppressed too", lambda: self._change(held="" if self._asked.held else "yes"))
        self._narrowings = Region(self._draw_narrowings, "alert-narrowings")

    def _draw_fields(self) -> tuple[ui.input, ui.select, ui.select, ui.select]:
        box = ui.input(placeholder="Words of the title").classes("page-filter")
        box.props('dense outlined clearable debounce=300 autocomplete=off maxlength=200 aria-label="Filter by title"')
        box.on_value_change(lambda change: self._typed(q=change.value))
        owner = ui.select(dict(OWNERS), value="").classes("owner-filter")
        owner.props('dense outlined options-dense aria-label="Assigned to"')
        owner.on_value_change(lambda change: self._typed(owner=change.value))
        rule = ui.select({"": "Any rule"}, value="", with_input=True).classes("rule-filter")
        rule.props('dense outlined options-dense aria-label="Rule"')
        rule.on_value_change(lambda change: self._typed(rule=change.value))
        order = ui.select(dict(ORDERS), value="severity").classes("order-filter")
        order.props('dense outlined options-dense aria-label="Order"')
        order.on_value_change(lambda change: self._typed(order=change.value))
        return box, owner, rule, order

    def show(self, asked: Asked, counts: AlertCounts) -> None:
        """Show what is asked for, and how many alerts there are of each kind."""
        self._asked = asked
        totals = {
            "open": sum(counts.by_status[status] for status in OPEN),
            "closed": counts.by_status["closed"],
            "all": sum(counts.by_status.values()),
        }
        for state, choice in self._states.items():
            choice.show(totals[state], pressed=asked.state == state, more=counts.more)
        for severity, choice in self._severities.items():
            choice.show(counts.by_severity[severity], pressed=severity in asked.severities)
        self._held.show(None, pressed=bool(asked.held))
        self._narrowings.show(asked)
        self._fill(asked)

    def know_rules(self, rules: Mapping[str, str]) -> None:
        """Offer these rules, titles by id."""
        self._rules = dict(rules)
        self._fill(self._asked)

    def _fill(self, asked: Asked) -> None:
        if (self._text.value or "") != asked.q and (self._text.value or "").strip() != asked.q:
            self._text.set_value(asked.q)
        owners = OWNERS | ({asked.owner: asked.owner} if asked.owner not in OWNERS else {})
        rules = {"": "Any rule", **self._rules}
        rules |= {asked.rule: asked.rule} if asked.rule not in rules else {}
        for select, options, value in ((self._owner, owners, asked.owner), (self._rule, rules, asked.rule)):
            if select.options != options or select.value != value:
                select.set_options(options, value=value)
        if self._order.value != asked.order:
            self._order.set_value(asked.order)

    async def _typed(self, **values: str | None) -> None:
        """Ask for what a field says, unless that is what is asked for already."""
        await self._change_to(self._asked.changed(**values))

    async def _change(self, **values: str) -> None:
        await self._change_to(self._asked.changed(**values))

    async def _switch(self, severity: Severity) -> None:
        await self._change_to(self._asked.switched(severity))

    async def _change_to(self, asked: Asked) -> None:
        if asked != self._asked:
            self._asked = asked
            await self._ask(asked)

    def _draw_narrowings(self, asked: Asked) -> None:
        """Draw what else the queue is narrowed to, each with a way out of it."""
        kind = ENTITY_WORDS.get(asked.entity_kind, "About")
        told = {
            "entity": f"{kind}: {last_name(asked.entity) if asked.entity_kind == 'resource' else asked.entity}",
            "technique": f"Technique: {asked.technique}",
            "event": "Of one event",
            "suppression": "Held back by one suppression",
        }
        for name, word in told.items():
            if getattr(asked, name):
                gone = {name: ""} | ({"entity_kind": ""} if name == "entity" else {})
                with ui.element("span").classes("narrowing"):
                    ui.label(word).classes("inline wrap")
                    button = ui.button(icon="close", color=None, on_click=lambda gone=gone: self._change(**gone))
                    button.props("flat round dense size=xs").props["aria-label"] = f"Not only {word}"


class _Choice:
    """A button that is pressed or not, with a number."""

    def __init__(self, word: str, press: Callable[[], Awaitable[None]], dot: Severity | None = None) -> None:
        self._button = ui.element("button").classes("choice").props('type=button aria-pressed="false"')
        with self._button:
            if dot:
                ui.element("span").classes(f"dot dot-{dot.value}").props('aria-hidden="true"')
            ui.label(word).classes("inline")
            self._number = ui.label().classes("inline number quiet")
        self._button.on("click", press, args=[])

    def show(self, number: int | None, *, pressed: bool, more: bool = False) -> None:
        """Show the number, and whether it is pressed."""
        text(self._number, "" if number is None else f"{number:,}{'+' if more else ''}")
        told = "true" if pressed else "false"
        if self._button.props["aria-pressed"] != told:
            self._button.props["aria-pressed"] = told
            self._button.update()
