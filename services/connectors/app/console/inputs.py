"""Inputs that more than one form needs: a secret's, and how hints are shown."""

from typing import Any, TypeVar

from nicegui import ui

Drawn = TypeVar("Drawn", ui.input, ui.select)


class SecretInput(ui.input):
    """A password field that can be looked at. What is typed is never sent back to the browser."""

    def __init__(self, label: str, *, autocomplete: str = "new-password") -> None:
        """autocomplete: what browsers may do. With `off` they offer to keep a password, with `new-password` not."""
        super().__init__(label, password=True, validation=lambda _value: None)
        self.without_auto_validation()
        self.props(f"autocomplete={autocomplete} spellcheck=false autocapitalize=none")
        with self.add_slot("append"):
            self._eye = ui.button(icon="visibility", on_click=self._toggle, color=None).props("flat round dense")
        self._name_eye("Show")

    def _toggle(self) -> None:
        hidden = self._props["type"] == "password"
        self.props(f"type={'text' if hidden else 'password'}")
        self._eye.props(f"icon={'visibility_off' if hidden else 'visibility'}")
        self._name_eye("Hide" if hidden else "Show")

    def _name_eye(self, does: str) -> None:
        self._eye.props["aria-label"] = f"{does} what is typed"

    def _to_dict(self) -> dict[str, Any]:
        """Return what the browser gets: the field as it was drawn, empty. It keeps by itself what stands in it."""
        told = super()._to_dict()
        told.pop("preserved_props", None)
        return told | {"props": {**told["props"], "value": ""}}


def hinted(drawn: Drawn, hint: str) -> Drawn:
    """Draw an input outlined, with a hint below it."""
    drawn.props("outlined dense")
    if hint:
        drawn.props["hint"] = hint
    return drawn
