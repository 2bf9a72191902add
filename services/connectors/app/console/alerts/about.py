"""What a row of the queue says besides its title: outcome, rule, who, what, how many events, techniques."""

from dataclasses import dataclass
from typing import Self

from nicegui import ui

from app.console.alerts.words import OUTCOME_ICONS, OUTCOME_WORDS, entities_in_short, rule_word
from app.console.connector_words import number
from app.console.parts import tag
from app.detection.attack import technique_name
from app.events.event import Outcome
from app.storage.alert_queries import AlertRow

_MOST_TAGS = 1


@dataclass(frozen=True)
class About:
    """What is said of an alert besides its title; equal as long as nothing of it changes."""

    rule: str
    outcome: Outcome
    actor: str
    resource: str
    events: int

    @classmethod
    def of(cls, alert: AlertRow) -> Self:
        """Return what is said of an alert."""
        actor, resource = entities_in_short(alert, "actor"), entities_in_short(alert, "resource")
        return cls(rule_word(alert), alert.outcome, actor, resource, alert.events)


def draw_about(about: About) -> None:
    """Draw it as one line."""
    with ui.element("div").classes("alert-about"):
        outcome_chip(about.outcome)
        for icon, what, said in (
            ("gavel", "rule", about.rule),
            ("person", "actor", about.actor),
            ("dns", "resource", about.resource),
        ):
            if said:
                with ui.element("span").classes(f"alert-bit bit-{what}") as bit:
                    bit.props["title"] = f"{what.capitalize()}: {said}"
                    ui.icon(icon)
                    ui.label(f"{what}: ").classes("unseen")
                    ui.label(said).classes("inline")
        ui.label(number(about.events, "event")).classes("alert-bit bit-events")


def outcome_chip(outcome: Outcome) -> None:
    """Draw how it ended, as a word with a sign."""
    with ui.element("span").classes(f"outcome outcome-{outcome}"):
        ui.icon(OUTCOME_ICONS[outcome])
        ui.label(OUTCOME_WORDS[outcome]).classes("inline")


def technique_tags(techniques: tuple[str, ...]) -> None:
    """Draw ATT&CK techniques as small tags, the first and how many more, their names when pointed at."""
    for technique in techniques[:_MOST_TAGS]:
        tag("span", technique, "technique mono").props["title"] = technique_name(technique)
    if left := techniques[_MOST_TAGS:]:
        tag("span", f"+{len(left)}", "technique mono").props["title"] = ", ".join(map(technique_name, left))
