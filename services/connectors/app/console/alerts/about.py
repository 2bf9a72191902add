"""What a row of the queue says below its title: rule, outcome, who, what, how many events, techniques."""

from dataclasses import dataclass
from typing import Self

from nicegui import ui

from app.console.alerts.words import OUTCOME_ICONS, OUTCOME_WORDS, entities_in_short, rule_word
from app.console.connector_words import number
from app.console.parts import tag
from app.detection.attack import technique_name
from app.events.event import Outcome
from app.storage.alert_queries import AlertRow

_MOST_TAGS = 3


@dataclass(frozen=True)
class About:
    """What is said of an alert besides its title; equal as long as nothing of it changes."""

    rule: str
    outcome: Outcome
    actor: str
    resource: str
    events: int
    techniques: tuple[str, ...]

    @classmethod
    def of(cls, alert: AlertRow) -> Self:
        """Return what is said of an alert."""
        actor, resource = entities_in_short(alert, "actor"), entities_in_short(alert, "resource")
        return cls(rule_word(alert), alert.outcome, actor, resource, alert.events, alert.techniques)


def draw_about(about: About) -> None:
    """Draw it as a line that wraps."""
    with ui.element("div").classes("alert-about"):
        outcome_chip(about.outcome)
        for icon, what, said in (
            ("gavel", "rule", about.rule),
            ("person", "actor", about.actor),
            ("deployed_code", "resource", about.resource),
        ):
            if said:
                with ui.element("span").classes("alert-bit"):
                    ui.icon(icon)
                    ui.label(f"{what}: ").classes("unseen")
                    ui.label(said).classes("inline wrap")
        ui.label(number(about.events, "event")).classes("alert-bit")
        technique_tags(about.techniques[:_MOST_TAGS])
        if len(about.techniques) > _MOST_TAGS:
            ui.label(f"+{len(about.techniques) - _MOST_TAGS}").classes("quiet small")


def outcome_chip(outcome: Outcome) -> None:
    """Draw how it ended, as a word with a sign."""
    with ui.element("span").classes(f"outcome outcome-{outcome}"):
        ui.icon(OUTCOME_ICONS[outcome])
        ui.label(OUTCOME_WORDS[outcome]).classes("inline")


def technique_tags(techniques: tuple[str, ...]) -> None:
    """Draw ATT&CK techniques as small tags, their names when pointed at."""
    for technique in techniques:
        drawn = tag("span", technique, "technique mono")
        drawn.props["title"] = technique_name(technique)
