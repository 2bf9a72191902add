"""Rules: what is watched for, on or off, and tools to write and try them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.alert_models import PRINTED
from app.api.contract import problems
from app.api.fields import Facts, Items
from app.api.rule_models import Checked, Explained, OfEvent, RuleDetail, Rules, Switch, Tactic, Text
from app.detection.attack import watches
from app.detection.rule_facts import (
    column_facts,
    explained_facts,
    known_facts,
    problem_facts,
    rule_facts,
    whole_facts,
)
from app.detection.rule_views import RuleView, list_rules, read_coverage, read_rule
from app.detection.rules import Kind
from app.detection.switching import switch_rule
from app.detection.trying import check_rules, explain_event
from app.events.event import Severity
from app.web.access import Analysing, Viewing

router = APIRouter(tags=["rules"])
ONE = "/rules/{rule_id:uuid}"


@router.get("/rules", response_model=Rules)
async def read_rules(
    service: Viewing,
    severity: Annotated[list[Severity] | None, Query(description="One or more.")] = None,
    kind: Annotated[list[Kind] | None, Query(description="One or more.")] = None,
    on: Annotated[bool | None, Query(description="Only rules that are on, or only those that are off.")] = None,
    technique: Annotated[
        str | None, Query(pattern="^[Tt][0-9]{4}([.][0-9]{3})?$", description="With those below it.")
    ] = None,
    text: Annotated[str | None, Query(max_length=200, pattern=PRINTED, description="In title or description.")] = None,
) -> Facts:
    """List the rules by title, with their hits of 30 days, and what could not be read."""
    told = await list_rules(service)
    found = [
        view
        for view in told.rules
        if (severity is None or view.rule.severity in severity)
        and (kind is None or view.rule.kind in kind)
        and on in (None, view.on)
        and (technique is None or watches(view.rule, technique))
        and (text is None or text.lower() in f"{view.rule.title}\n{view.rule.description}".lower())
    ]
    return {
        "items": [rule_facts(view) for view in found],
        "problems": [problem_facts(problem) for problem in told.problems],
    }


@router.get("/rules/coverage", response_model=Items[Tactic])
async def read_rule_coverage(service: Viewing) -> Facts:
    """Return the matrix of ATT&CK for clouds: by tactic the techniques, and which rules that are on watch for each."""
    return {"items": [column_facts(column) for column in await read_coverage(service)]}


@router.post("/rules/check", response_model=Checked)
async def check_rule_text(service: Analysing, body: Text) -> Facts:
    """Check a text as a file of rules; nothing is stored. Correlations in it may name rules that are in force."""
    found = await check_rules(service, body.text)
    return {
        "rules": [known_facts(rule) for rule in (*found.rules.values(), *found.correlations.values())],
        "problems": [problem_facts(problem) for problem in found.problems],
    }


@router.get(ONE, response_model=RuleDetail)
async def read_one_rule(service: Viewing, rule_id: UUID) -> Facts:
    """Return a rule with its source, why it matters, what to do next, and its false positives."""
    return _whole(await read_rule(service, str(rule_id)))


@router.patch(ONE, response_model=RuleDetail)
async def change_rule(service: Analysing, rule_id: UUID, body: Switch) -> Facts:
    """Turn a rule on or off, for all hosts within seconds; its alerts stay."""
    await switch_rule(service, str(rule_id), body.on)
    return _whole(await read_rule(service, str(rule_id)))


@router.post(f"{ONE}/explain", response_model=Items[Explained], responses=problems(404))
async def explain_rule(service: Viewing, rule_id: UUID, body: OfEvent) -> Facts:
    """Judge a stored event by a rule, part by part; by each rule that it counts where it is a correlation."""
    told = await explain_event(service, str(rule_id), body.event_id)
    return {
        "items": [
            {
                "rule_id": each.rule.id,
                "title": each.rule.title,
                "matched": each.tree.matched,
                "condition": explained_facts(each.tree),
            }
            for each in told
        ]
    }


def _whole(view: RuleView) -> Facts:
    return rule_facts(view) | whole_facts(view.rule)
