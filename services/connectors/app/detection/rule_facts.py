"""What is told of rules to programs."""

from typing import Any

from app.clock import iso
from app.detection.attack import Column
from app.detection.explaining import Explained
from app.detection.rule_views import RuleView
from app.detection.rules import Correlation, EventRule, Problem, Rule


def rule_facts(view: RuleView) -> dict[str, Any]:
    """Return a rule and what it does as JSON-ready facts."""
    told = {"on": view.on, "hits": view.hits, "waiting": view.waiting, "last_hit": iso(view.last_hit)}
    return known_facts(view.rule) | told


def known_facts(rule: Rule) -> dict[str, Any]:
    """Return what a rule's file alone says, as JSON-ready facts for lists."""
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "kind": rule.kind,
        "techniques": list(rule.techniques),
        "tactics": list(rule.tactics),
        "alerts": rule.alerts,
        "file": str(rule.path),
        "line": rule.line,
    }


def whole_facts(rule: Rule) -> dict[str, Any]:
    """Return what only one rule's own page has room for, as JSON-ready facts."""
    return {
        "description": rule.description,
        "why": rule.why,
        "false_positives": list(rule.false_positives),
        "next_steps": list(rule.next_steps),
        "references": list(rule.references),
        "author": rule.author,
        "status": rule.status,
        "source": rule.source,
        "needs_request": isinstance(rule, EventRule) and rule.needs_request,
        "first_seen": _first_seen(rule),
        "correlation": _correlation(rule),
    }


def problem_facts(problem: Problem) -> dict[str, Any]:
    """Return what could not be read as JSON-ready facts."""
    return {"file": str(problem.path), "line": problem.line, "rule": problem.rule, "reason": problem.reason}


def explained_facts(part: Explained) -> dict[str, Any]:
    """Return a judged part of a condition, with its own parts, as JSON-ready facts."""
    parts = [explained_facts(child) for child in part.children]
    return {"text": part.text, "matched": part.matched, "detail": part.detail, "parts": parts}


def column_facts(column: Column) -> dict[str, Any]:
    """Return a tactic of the matrix as JSON-ready facts."""
    cells = [
        {"technique": cell.technique, "name": cell.name, "rules": list(cell.rules), "parts": list(cell.parts)}
        for cell in column.cells
    ]
    return {"tactic": column.tactic, "name": column.name, "covered": column.covered, "techniques": cells}


def _first_seen(rule: Rule) -> dict[str, Any] | None:
    if not isinstance(rule, EventRule) or rule.first_seen is None:
        return None
    told = rule.first_seen
    return {"group_by": list(told.group_by), "field": told.field, "seconds": told.timespan.total_seconds()}


def _correlation(rule: Rule) -> dict[str, Any] | None:
    if not isinstance(rule, Correlation):
        return None
    return {
        "type": rule.type,
        "rules": list(rule.rules),
        "group_by": list(rule.group_by),
        "field": rule.field,
        "at_least": rule.at_least,
        "seconds": rule.timespan.total_seconds(),
    }
