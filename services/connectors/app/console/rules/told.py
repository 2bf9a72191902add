"""What a rule tells of itself: what it looks for, why, what to do, its properties, its file."""

from collections.abc import Mapping, Sequence

from nicegui import ui

from app.console.copying import copy_button
from app.console.parts import panel, tag
from app.console.rules.words import KINDS, condition_words, kind_words, safe_link, technique_link
from app.detection.attack import known_as, tactics_of, technique_name
from app.detection.attack_table import TACTICS, TECHNIQUES
from app.detection.rules import Correlation, Rule


def draw_about(rule: Rule, titles: Mapping[str, str]) -> None:
    """Draw what the rule looks for, why that matters, what else it may be, and what to do next."""
    with panel("What it looks for"):
        ui.label(rule.description or "Its file has no description.").classes("wrap prose")
        if said := condition_words(rule, titles):
            ui.label(said).classes("wrap prose")
        if isinstance(rule, Correlation):
            with ui.element("ul").classes("plain-list"):
                for each in rule.rules:
                    with ui.element("li"):
                        ui.link(titles.get(each, each), f"/rules/{each}").classes("wrap")
        if rule.why:
            tag("h3", "Why it matters")
            ui.label(rule.why).classes("wrap prose")
        _draw_list("When it is nothing to worry about", rule.false_positives)
        _draw_list("What to do next", rule.next_steps, "ol")


def _draw_list(title: str, said: Sequence[str], kind: str = "ul") -> None:
    if said:
        tag("h3", title)
        with ui.element(kind).classes("said-list"):
            for each in said:
                tag("li", each, "wrap")


def draw_facts(rule: Rule, served: tuple[Rule, ...]) -> None:
    """Draw the rule's properties. served: the correlations that count its matches."""
    with ui.element("dl").classes("facts rule-facts"):
        tag("dt", "Kind")
        with ui.element("dd"):
            ui.label(KINDS[rule.kind])
            ui.label(kind_words(rule)).classes("quiet small")
        _draw_attack(rule)
        if served:
            tag("dt", "Counted by")
            with ui.element("dd"):
                for each in served:
                    ui.link(each.title, f"/rules/{each.id}").classes("wrap block")
        for name, value in (("Status", rule.status), ("Author", rule.author), ("ID", rule.id)):
            if value:
                tag("dt", name)
                tag("dd", value, "wrap")
        tag("dt", "File")
        tag("dd", f"{rule.path}, line {rule.line}", "wrap small mono")
        _draw_references(rule)


def _draw_attack(rule: Rule) -> None:
    if tactics := tactics_of(rule):
        tag("dt", "Tactics")
        with ui.element("dd"):
            for tactic in tactics:
                ui.link(TACTICS[tactic], f"/rules?tactic={tactic}").classes("block")
    if rule.techniques:
        tag("dt", "Techniques")
        with ui.element("dd"):
            for technique in map(known_as, rule.techniques):
                with ui.element("div").classes("technique-line"):
                    ui.link(technique, f"/rules?technique={technique}").classes("technique")
                    if technique.partition(".")[0] in TECHNIQUES:
                        _outside(technique_link(technique), f"{technique} at MITRE")
                    ui.label(technique_name(technique)).classes("small wrap")


def _outside(address: str, label: str) -> None:
    with ui.link(target=address, new_tab=True).classes("outside") as link:
        ui.icon("open_in_new").props('aria-hidden="true"')
    link.props("rel=noreferrer")
    link.props["aria-label"] = label
    link.props["title"] = label


def _draw_references(rule: Rule) -> None:
    if rule.references:
        tag("dt", "References")
        with ui.element("dd"):
            for each in rule.references:
                address = safe_link(each)
                if address is None:
                    ui.label(each).classes("wrap small")
                else:
                    link = ui.link(each, address, new_tab=True).classes("wrap small block")
                    link.props("rel=noreferrer")


def draw_source(rule: Rule) -> None:
    """Draw the rule as it is written."""
    with ui.element("section").classes("panel"):
        with ui.element("div").classes("title-line"):
            tag("h2", "As written")
            place = ui.element("div").classes("source-copy")
        with ui.element("pre").classes("raw rule-source").props('tabindex=0 aria-label="The rule as written"'):
            shown = ui.label(rule.source or "The file's text is not known.").classes("inline")
        with place:
            copy_button(shown, "Copy the rule")
