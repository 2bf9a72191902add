"""Copying a text that is shown into the clipboard, in the browser alone."""

import json

from nicegui import ui


def copy_button(shown: ui.element, name: str) -> ui.button:
    """Draw a button that copies the text of an element as it is shown. name: what the button is called."""
    button = ui.button(icon="content_copy", color=None).props("flat round dense")
    button.props["aria-label"] = name
    button.on("click", js_handler=f"(e) => aisocCopyShown(e.currentTarget, {json.dumps(shown.html_id)})")
    with button:
        ui.tooltip(name)
    return button
