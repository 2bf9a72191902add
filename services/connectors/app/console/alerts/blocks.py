"""What is told of an alert: its facts, its rule with what to do next, and whom and what it is about."""

from collections.abc import Callable
from datetime import datetime

from nicegui import ui

from app.console.alerts.asked import Asked
from app.console.alerts.words import ENTITY_ICONS, ENTITY_WORDS, OUTCOME_WORDS, fact_lines, kind_word, rule_word
from app.console.connector_words import number
from app.console.events.editing import events_address
from app.console.parts import tag
from app.detection.attack import technique_name
from app.detection.attack_table import TACTICS
from app.detection.rules import Rule
from app.errors import AisocError
from app.search.refine import with_term
from app.storage.alert_queries import AlertRow
from app.storage.alerts import Entity

# Which search field finds the events of an entity.
_FIELDS = {"actor": "actor", "ip": "ip", "resource": "resource", "principal": "actor"}
_MOST_ENTITIES = 30


def draw_facts(heading: str, alert: AlertRow) -> None:
    """Draw what is known of what happened, as names and values."""
    tag(heading, "What happened")
    with ui.element("dl").classes("event-facts"):
        for name, value in (*fact_lines(alert.facts), *_about(alert)):
            tag("dt", name)
            with ui.element("dd"):
                ui.label(value).classes("wrap")


def _about(alert: AlertRow) -> list[tuple[str, str]]:
    kind = kind_word(alert.kind)
    told = [
        ("How it ended", OUTCOME_WORDS[alert.outcome]),
        ("First seen", exact(alert.first_time)),
        ("Last seen", exact(alert.last_time) if alert.last_time != alert.first_time else ""),
        ("Events", number(alert.events, "event")),
        ("Found by", f"{rule_word(alert)} ({kind})" if kind else rule_word(alert)),
        ("Connector", alert.connector),
        ("Subscription", alert.subscription_id or ""),
    ]
    return [(name, value) for name, value in told if value]


def exact(at: datetime) -> str:
    """Return a time in full, in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def draw_rule(heading: str, alert: AlertRow, rule: Rule | None) -> None:
    """Draw what to do next, why it matters, and what the rule looks for."""
    if rule is None:
        _draw_no_rule(heading, alert)
    else:
        _draw_texts(heading, rule)
    if alert.techniques:
        tag(heading, "ATT&CK")
        with ui.element("ul").classes("techniques"):
            for technique in alert.techniques:
                with ui.element("li"), ui.link(target=f"/rules?technique={technique}").classes("technique-link"):
                    tag("span", technique, "technique mono")
                    ui.label(technique_name(technique)).classes("inline wrap")
        tactics = [TACTICS.get(tactic, tactic) for tactic in alert.tactics]
        if tactics:
            ui.label(f"Tactics: {', '.join(tactics)}").classes("quiet small wrap")


def _draw_texts(heading: str, rule: Rule) -> None:
    if rule.next_steps:
        tag(heading, "What to do next")
        with ui.element("ol").classes("next-steps"):
            for step in rule.next_steps:
                tag("li", step, "wrap")
    for title, said in (("Why it matters", rule.why), ("What the rule looks for", rule.description)):
        if said:
            tag(heading, title)
            ui.label(said).classes("wrap prose")
    if rule.false_positives:
        tag(heading, "When it may be harmless")
        with ui.element("ul").classes("bullets"):
            for each in rule.false_positives:
                tag("li", each, "wrap")
    ui.link(f"Open the rule: {rule.title}", f"/rules/{rule.id}").classes("wrap")


def _draw_no_rule(heading: str, alert: AlertRow) -> None:
    tag(heading, "What to do next")
    if alert.kind == "severity":
        said = (
            f"{alert.rule_title}: the severity table counts this operation among those that can do the most damage. "
            "No rule says more about it. See who did it and whether it was agreed on; if not, undo it."
        )
    else:
        said = f"The rule {alert.rule_title!r} is not among the rules any more; the alert stays."
    ui.label(said).classes("wrap prose")


def draw_entities(heading: str, entities: tuple[Entity, ...], hold_back: Callable[[Entity], object] | None) -> None:
    """Draw whom and what an alert is about. hold_back: what Suppress does; None for who may not."""
    if not entities:
        return
    tag(heading, "Who and what")
    with ui.element("ul").classes("entities"):
        for entity in entities[:_MOST_ENTITIES]:
            with ui.element("li"):
                ui.icon(ENTITY_ICONS[entity.kind])
                with ui.element("div").classes("entity-words"):
                    ui.label(ENTITY_WORDS[entity.kind]).classes("quiet small")
                    ui.label(entity.shown).classes("wrap")
                    with ui.element("div").classes("entity-acts"):
                        _entity_acts(entity, hold_back)
    if len(entities) > _MOST_ENTITIES:
        ui.label(f"and {len(entities) - _MOST_ENTITIES:,} more").classes("quiet small")


def _entity_acts(entity: Entity, hold_back: Callable[[Entity], object] | None) -> None:
    asked = Asked(state="all", entity=entity.value, entity_kind=entity.kind)
    for word, address in (("Events", events_of(entity)), ("Alerts", asked.address)):
        if address:
            ui.link(word, address).props["aria-label"] = f"{word} of {entity.shown}"
    if hold_back is not None:
        button = ui.button("Suppress…", color=None, on_click=lambda: hold_back(entity)).props("flat dense no-caps")
        button.props["aria-label"] = f"Suppress… alerts about {entity.shown}"


def events_of(entity: Entity) -> str:
    """Return the address of an entity's events; empty where it cannot be searched for."""
    try:
        return events_address(with_term("", _FIELDS[entity.kind], entity.shown))
    except AisocError:  # too long for a search
        return ""
