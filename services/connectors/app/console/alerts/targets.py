"""What a suppression is about: chosen from an alert at hand, or written down freely."""

from collections.abc import Mapping
from typing import Protocol, get_args

from nicegui import ui

from app.console.alerts.choices import choices
from app.console.alerts.words import ENTITY_WORDS, rule_word
from app.detection.suppressing import LONGEST_VALUE
from app.storage.alert_filter import EntityKind
from app.storage.alert_queries import AlertRow
from app.storage.alerts import Entity

Target = tuple[str | None, EntityKind | None, str | None]
"""A rule's id, an entity's kind and its value; None for any."""


class Targeting(Protocol):
    """Inputs that say what a suppression is about."""

    def target(self) -> Target:
        """Return what was chosen."""


class OfAlert:
    """Alerts like one: of its rule or any, about one of its entities or any. entity: the one proposed."""

    def __init__(self, alert: AlertRow, entity: Entity | None) -> None:
        self._alert = alert
        self._entities = {f"{each.kind} {each.value}": each for each in alert.entities}
        words = {key: f"{ENTITY_WORDS[each.kind]} {each.shown}" for key, each in self._entities.items()}
        if entity is None:
            entity = next(iter(alert.entities), None)
        self._about = ui.select(
            {**words, "": "Anybody and anything"},
            value=f"{entity.kind} {entity.value}" if entity else "",
            label="About",
        )
        self._about.props("outlined dense options-dense").classes("form-field")
        rules = {
            "this": (f"Only {rule_word(alert)}", "Alerts of other rules about the same still come."),
            "any": ("Any rule", "Every alert about it is held back."),
        }
        self._rule = choices("Of which rule", rules, "this")

    def target(self) -> Target:
        """Return what was chosen."""
        entity = self._entities.get(str(self._about.value or ""))
        rule = self._alert.rule_id if self._rule.value == "this" else None
        return rule, entity.kind if entity else None, entity.value if entity else None


class Free:
    """Any rule, any entity. rules: titles by id."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rule = ui.select({"": "Any rule", **rules}, value="", label="Alerts of the rule", with_input=True)
        self._rule.props("outlined dense options-dense").classes("form-field")
        kinds = {"": "Anybody and anything"} | {kind: ENTITY_WORDS[kind] for kind in get_args(EntityKind)}
        self._kind = ui.select(kinds, value="", label="About").props("outlined dense options-dense")
        self._kind.classes("form-field")
        self._value = ui.input("Its name, address, path or ID, in full").props("outlined dense autocomplete=off")
        self._value.props["maxlength"] = LONGEST_VALUE
        self._value.classes("form-field").bind_visibility_from(self._kind, "value", bool)

    def target(self) -> Target:
        """Return what was chosen."""
        kind = next((each for each in get_args(EntityKind) if each == self._kind.value), None)
        return self._rule.value or None, kind, (self._value.value or "").strip() if kind else None
