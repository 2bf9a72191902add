"""What the pages on rules share: their head, the problems of files, the switch."""

from nicegui import ui

from app.console.connector_words import number
from app.console.parts import finding, titled
from app.console.rules.adding import ask_check, show_adding
from app.console.rules.words import problem_words
from app.console.view import View
from app.detection.rules import Problem
from app.detection.switching import switch_rule
from app.security.roles import Role

_TABS = (("/rules", "Rules", "rule"), ("/rules/coverage", "ATT&CK coverage", "grid_view"))
_SHOWN = 3
_REMEDY = "Mend the file: it is read again within seconds. The other rules work."


def rules_head(view: View, current: str) -> None:
    """Draw the title, what can be done with all rules, and the ways to list and matrix. current: the page's path."""
    with titled("Rules"), ui.element("div").classes("buttons"):
        if view.may(Role.ANALYST):
            ui.button("Check a rule …", icon="fact_check", on_click=lambda: ask_check(view)).props("outline")
        ui.button("Add rules …", icon="add", on_click=lambda: show_adding(view)).props("outline")
    with ui.element("nav").classes("tabs").props('aria-label="Rules"'):
        for path, name, icon in _TABS:
            with ui.link(target=path).classes("tab current" if path == current else "tab") as link:
                ui.icon(icon).props('aria-hidden="true"')
                ui.label(name)
            if path == current:
                link.props('aria-current="page"')


def draw_problems(problems: tuple[Problem, ...]) -> None:
    """Draw what could not be read: the first in full, more of them on demand."""
    for problem in problems[:_SHOWN]:
        _draw(problem)
    if len(problems) > _SHOWN:
        with ui.element("details").classes("more-problems"):
            with ui.element("summary"):
                ui.label(f"{number(len(problems) - _SHOWN, 'more problem')}").classes("inline")
            for problem in problems[_SHOWN:]:
                _draw(problem)


def _draw(problem: Problem) -> None:
    finding("error", f"{problem_words(problem)}: {problem.reason}", _REMEDY)


async def switch(view: View, rule_id: str, *, on: bool) -> None:
    """Turn a rule on or off, and say so."""
    await switch_rule(await view.service(), rule_id, on)
    said = "The rule is on." if on else "The rule is off: it makes no alerts. Those it has made stay."
    ui.notify(said, type="positive")
