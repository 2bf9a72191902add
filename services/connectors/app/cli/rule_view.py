"""One rule in words."""

from datetime import timedelta

from rich.console import Console
from rich.text import Text

from app.cli.output import printable, severity_text, table, when
from app.detection.countries import unusable
from app.detection.rule_views import RuleView
from app.detection.rules import Correlation, EventRule, Rule


def print_rule(console: Console, view: RuleView, *, counted: bool) -> None:
    """Print a rule; counted: with what the database tells of it."""
    rule = view.rule
    console.print(Text(printable(rule.title), style="bold"))
    lines: dict[str, str | Text | None] = {
        "severity": severity_text(rule.severity),
        "kind": _kind(rule),
        "ATT&CK": ", ".join((*rule.tactics, *rule.techniques)),
        "state": None if not counted else "on" if view.on else "off",
        "hits in 30 days": f"{view.hits:,}{f', last at {when(view.last_hit)} UTC' if view.last_hit else ''}"
        if counted
        else None,
        "needs": unusable(rule),
        "id": rule.id,
        "file": f"{rule.path}:{rule.line}",
    }
    shown = table("", "")
    shown.show_header = False
    for name, line in lines.items():
        if line:
            shown.add_row(Text(name, style="dim"), line if isinstance(line, Text) else printable(line))
    console.print(shown)
    for heading, parts in _paragraphs(rule):
        console.print()
        console.print(Text(heading, style="bold"))
        for part in parts:
            console.print(Text("\n".join(map(printable, part.splitlines()))), soft_wrap=True)


def _kind(rule: Rule) -> str:
    if isinstance(rule, Correlation):
        return f"correlation ({rule.type}) of {len(rule.rules)} rules within {_days(rule.timespan)}"
    if isinstance(rule, EventRule) and rule.first_seen is not None:
        return f"first seen in {_days(rule.first_seen.timespan)}"
    return "event" if rule.alerts else "event, for correlations only"


def _days(span: timedelta) -> str:
    hours, minutes = divmod(round(span.total_seconds()) // 60, 60)
    if minutes or not hours:
        return f"{hours * 60 + minutes} min"
    return f"{hours // 24} d" if hours % 24 == 0 else f"{hours} h"


def _paragraphs(rule: Rule) -> list[tuple[str, tuple[str, ...]]]:
    parts = [
        ("What it watches for", (rule.description,)),
        ("Why it matters", (rule.why,)),
        ("False positives", tuple(f"- {each}" for each in rule.false_positives)),
        ("What to do", tuple(f"{number}. {step}" for number, step in enumerate(rule.next_steps, 1))),
        ("References", rule.references),
        ("Source", (rule.source,)),
    ]
    return [(heading, told) for heading, told in parts if any(told)]
