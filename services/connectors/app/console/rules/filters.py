"""The controls that narrow the list of rules."""

from collections.abc import Callable
from functools import partial

from nicegui import ui

from app.console.rules.sifting import LONGEST, Wanted
from app.console.rules.words import KINDS, STATES
from app.detection.attack import technique_name
from app.detection.attack_table import TACTICS
from app.events.event import Severity

_SEVERITIES = {"": "Any severity"} | {each.value: each.capitalize() for each in reversed(Severity)}
_CHOICES = (
    ("severity", "Severity", _SEVERITIES),
    ("kind", "Kind", {"": "Any kind"} | KINDS),
    ("tactic", "Tactic", {"": "Any tactic"} | dict(TACTICS)),
    ("state", "State", {"": "Any state"} | STATES),
)


class Filters:
    """A box for words, a choice for each property, and the technique that a link asked for."""

    def __init__(self, wanted: Wanted, narrow: Callable[[Wanted], None]) -> None:
        self._wanted, self._narrow = wanted, narrow
        self._drawn: dict[str, ui.select] = {}
        with ui.element("div").classes("rule-filters").props('role=search aria-label="Narrow the list"'):
            self._box = ui.input("Title, technique or file", value=wanted.q)
            self._box.props(f"outlined dense clearable debounce=200 autocomplete=off maxlength={LONGEST}")
            self._box.classes("rule-words").on_value_change(lambda change: self._change(q=change.value))
            for name, label, options in _CHOICES:
                drawn = ui.select(options, value=getattr(wanted, name), label=label).props(
                    "outlined dense options-dense"
                )
                drawn.on_value_change(partial(self._chosen, name))
                self._drawn[name] = drawn
        with ui.element("div").classes("rule-narrowed") as self._line:
            with ui.element("span").classes("chip narrowed"):
                self._technique = ui.label()
                off = ui.button(icon="close", color=None, on_click=self._any_technique).props(
                    "flat round dense size=xs"
                )
                off.props('aria-label="Any technique"')
            ui.button("Clear all", on_click=self._clear, color=None).props("flat dense no-caps")
        self._tell()

    def _chosen(self, name: str, change: object) -> None:
        self._change(**{name: getattr(change, "value", "")})

    def _any_technique(self) -> None:
        self._change(technique="")

    def _clear(self) -> None:
        self._wanted = Wanted()
        self._box.value = ""
        for drawn in self._drawn.values():
            drawn.value = ""
        self._change()

    def _change(self, **values: str) -> None:
        self._wanted = self._wanted.changed(**values)
        self._tell()
        self._narrow(self._wanted)

    def _tell(self) -> None:
        technique = self._wanted.technique
        self._line.set_visibility(bool(technique))
        self._technique.text = f"{technique} {technique_name(technique)}" if technique else ""
