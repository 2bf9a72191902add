"""How rules are added: where their files go, and a dialog that checks a rule before it goes there."""

import os
from uuid import uuid4

from nicegui import ui

from app.console.connector_actions import opened_dialog
from app.console.connector_words import number
from app.console.copying import copy_button
from app.console.parts import finding, severity_chip, tag
from app.console.rules.words import KINDS
from app.console.view import View
from app.detection.rules import Rule, RuleSet
from app.detection.trying import LONGEST_TEXT, check_rules
from app.security.roles import Role

_EXAMPLE = """title: Virtual machine deleted
id: {id}
status: experimental
description: Somebody deleted a virtual machine.
logsource:
    product: azure
    service: activitylogs
detection:
    selection:
        operationName|endswith: '/virtualMachines/delete'
    condition: selection
level: medium
tags:
    - attack.impact
    - attack.t1485
"""


async def show_adding(view: View) -> None:
    """Say where a rule's file has to go."""
    service = await view.service()
    folders = [str(folder) for folder in service.settings.rules]
    with opened_dialog("Add rules") as dialog:
        ui.label(
            "A rule is a Sigma file in YAML. Put it into a folder of the setting AISOC_RULES: it is in force within "
            "seconds, without a restart. A file that cannot be used is told on this page and stops no other."
        ).classes("wrap")
        if folders:
            tag("h3", "Folders that are read")
            with ui.element("ul").classes("plain-list"):
                for folder in folders:
                    tag("li", folder, "mono wrap")
        else:
            finding("warning", "No folder of your own is set.", "Set it where AiSOC starts, and start it again:")
            _command(f"AISOC_RULES=/srv/aisoc/rules{os.pathsep}/srv/sigma/rules/cloud/azure")
        tag("h3", "For example")
        _command(_EXAMPLE.format(id=uuid4()))
        with ui.row().classes("dialog-buttons"):
            if view.may(Role.ANALYST):
                ui.button("Check a rule …", on_click=lambda: _instead(view, dialog)).props("outline")
            ui.button("Close", on_click=dialog.close).props("flat")


def _instead(view: View, dialog: ui.dialog) -> None:
    dialog.close()
    ask_check(view)


def _command(text: str) -> None:
    with ui.element("div").classes("command"):
        with ui.element("pre").props("tabindex=0"):
            shown = ui.label(text).classes("inline")
        copy_button(shown, "Copy")


def ask_check(view: View) -> None:
    """Ask for a rule's YAML, and say what is wrong with it."""
    with opened_dialog("Check a rule") as dialog:
        _Check(view, dialog)


class _Check:
    """The dialog that checks a rule; nothing of it is kept."""

    def __init__(self, view: View, dialog: ui.dialog) -> None:
        self._view = view
        ui.label("Paste one rule or several. They are read as files are, and not kept.").classes("quiet")
        self._text = ui.textarea("YAML of the rule").props(
            f"outlined maxlength={LONGEST_TEXT} autocomplete=off spellcheck=false input-class=yaml-input"
        )
        self._found = ui.element("div").classes("findings").props('aria-live="polite"')
        with ui.row().classes("dialog-buttons"):
            ui.button("Close", on_click=dialog.close).props("flat")
            button = ui.button("Check", on_click=self._check).props("unelevated")
            button.bind_enabled_from(self._text, "value", backward=lambda value: bool((value or "").strip()))

    async def _check(self) -> None:
        checked = await check_rules(await self._view.service(), self._text.value or "")
        self._found.clear()
        with self._found:
            _draw_checked(checked)


def _draw_checked(checked: RuleSet) -> None:
    rules: tuple[Rule, ...] = (*checked.rules.values(), *checked.correlations.values())
    for problem in checked.problems:
        line = f"Line {problem.line}: " if problem.line else ""
        named = f" ({problem.rule})" if problem.rule else ""
        finding("error", f"{line}{problem.reason}{named}")
    if not checked.problems and not rules:
        finding("warning", "There is no rule in this text.", "A rule has a title, a logsource and a detection.")
    for rule in rules:
        with ui.element("div").classes("checked-rule"):
            severity_chip(rule.severity)
            ui.label(rule.title).classes("strong wrap")
            ui.label(KINDS[rule.kind]).classes("quiet small")
    if rules and not checked.problems:
        finding("ok", f"Fine: {_rules(rules)} can be used.", "Put the text into a file in a folder of rules.")


def _rules(rules: tuple[Rule, ...]) -> str:
    return "the rule" if len(rules) == 1 else number(len(rules), "rule")
