"""A form drawn from a connector's `Config`, with the model's own judgement at each field."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from nicegui import ui

from app.collection.configuration import wrong_fields
from app.connectors.base import Connector
from app.console.form_fields import FormField, form_fields, shown
from app.console.inputs import SecretInput, hinted
from app.console.parts import finding
from app.errors import InvalidInput
from app.microsoft.clouds import Clouds

_ID_LENGTH = 36


class Form:
    """The drawn fields, what was typed into them, and what is wrong with it."""

    def __init__(self, connector: Connector, fields: list[FormField], values: Mapping[str, Any]) -> None:
        self._connector = connector
        self._fields = {field.name: field for field in fields}
        self._given = values
        self._inputs: dict[str, ui.input | ui.select] = {}
        self._changed: list[Callable[[], None]] = []
        self._general = ui.element("div").props('role="alert"').classes("form-problem")
        for field in fields:
            if not field.polling:
                self._draw(field)
        self._polling = self._draw_polling([field for field in fields if field.polling])

    def values(self) -> dict[str, Any]:
        """Return what was filled in; None for a field that had a value before and is empty now."""
        typed = {name: field.read(self._inputs[name].value) for name, field in self._fields.items()}
        return {name: value for name, value in typed.items() if value is not None or self._given.get(name) is not None}

    def show_error(self, error: InvalidInput) -> None:
        """Put messages at the fields that an error names, and what it says of none of them above the form."""
        self.clear_errors()
        named = {name: what for name, what in error.fields.items() if name in self._inputs}
        for name, what in named.items():
            self._show(name, what)
        if not named:
            with self._general:
                finding("error", error.message, error.remedy)
        if any(self._fields[name].polling for name in named) and self._polling is not None:
            self._polling.open()
        if named:
            self._inputs[next(name for name in self._fields if name in named)].run_method("focus")

    def clear_errors(self) -> None:
        """Take all messages away."""
        self._general.clear()
        for name in self._inputs:
            self._show(name, None)

    def forget_secrets(self) -> None:
        """Empty the fields of secrets."""
        for name, field in self._fields.items():
            if field.kind == "secret":
                self._inputs[name].value = ""

    def on_change(self, handler: Callable[[], None]) -> None:
        """Call the handler whenever something was typed."""
        self._changed.append(handler)

    def _draw_polling(self, fields: list[FormField]) -> ui.expansion | None:
        if not fields:
            return None
        with ui.expansion("Polling", caption="How often to read, and how much again. The defaults are good.") as drawn:
            drawn.classes("form-more")
            for field in fields:
                self._draw(field)
        return drawn

    def _draw(self, field: FormField) -> None:
        value = shown(self._given[field.name]) if field.name in self._given else field.default
        self._inputs[field.name] = drawn = _input(field, "" if field.kind == "secret" else value)
        drawn.props(f'data-field="{field.name}"').classes("form-field")
        if field.required:
            drawn.props("aria-required=true")
        drawn.on_value_change(lambda: self._typed(field))
        drawn.on("blur", lambda: self._left(field))

    def _typed(self, field: FormField) -> None:
        """Take a message away as soon as what it says is mended; a new one comes when the field is left."""
        if self._inputs[field.name].error:
            self._show(field.name, self._judge(field))
        for handler in self._changed:
            handler()

    def _left(self, field: FormField) -> None:
        if field.read(self._inputs[field.name].value) is not None:
            self._show(field.name, self._judge(field))

    def _judge(self, field: FormField) -> str | None:
        return wrong_fields(self._connector, self.values()).get(field.name)

    def _show(self, name: str, what: str | None) -> None:
        drawn, field = self._inputs[name], self._fields[name]
        drawn.error = f"{field.title} {what}." if what else None
        drawn.props.set_optional("aria-invalid", "true" if what else None)


def config_form(
    connector: Connector,
    values: Mapping[str, Any] | None = None,
    *,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
    clouds: Clouds | None = None,
) -> Form:
    """Draw the form of a connector's configuration where it is called.

    values: the public half of a stored configuration; secrets are asked for anew. only, without: which fields to show.
    clouds: the service's, to choose one of them.
    """
    return Form(connector, form_fields(connector, clouds=clouds, only=only, without=without), values or {})


def _input(field: FormField, value: str) -> ui.input | ui.select:
    label = f"{field.title} *" if field.required else field.title
    if field.kind == "choice":
        options = list(dict.fromkeys([*field.options, value])) if value else list(field.options)
        select = ui.select(options, label=label, value=value or None, validation=_no_message)
        return hinted(select, field.hint)
    if field.kind == "secret":
        drawn: ui.input = SecretInput(label)
    else:
        drawn = ui.input(label, value=value, validation=_no_message).without_auto_validation()
        drawn.props("autocomplete=off spellcheck=false")
    match field.kind:
        case "number":
            drawn.props(f"type=number inputmode=numeric step=1 min={field.least} max={field.most}")
        case "date":
            drawn.props("type=date stack-label")
        case "text" if field.longest:
            drawn.props(f"maxlength={field.longest}").classes("mono-input")
    return hinted(drawn, field.hint)


def _no_message(_value: Any) -> None:
    """Keep room for a message: which one is the model's to say."""
