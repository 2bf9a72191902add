"""A choice of one among a few that need a sentence each."""

from collections.abc import Mapping
from itertools import count

from nicegui import ui
from nicegui.binding import BindableProperty

_names = count()


class Choices:
    """What is chosen; empty before."""

    value = BindableProperty()

    def __init__(self, value: str) -> None:
        self.value = value


def choices(label: str, options: Mapping[str, tuple[str, str]], value: str = "") -> Choices:
    """Draw radio buttons. options: by value, the word and what it means; value: the one chosen at first."""
    chosen = Choices(value)
    group = f"choice-{next(_names)}"
    with ui.element("fieldset").classes("choice-cards"):
        with ui.element("legend"):
            ui.label(label).classes("inline")
        for each, (word, hint) in options.items():
            with ui.element("label").classes("choice-card"):
                box = ui.element("input").props(f"type=radio name={group}")
                box.props["value"], box.props["checked"] = each, each == value
                box.on("change", lambda each=each: setattr(chosen, "value", each), args=[])
                with ui.element("span"):
                    ui.label(word).classes("strong")
                    if hint:
                        ui.label(hint).classes("quiet small")
    return chosen
