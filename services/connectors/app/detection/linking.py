"""Puts the rules of all files together: ids that are there twice, and the rules that correlations name."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from app.detection.correlation_drafts import CorrelationDraft
from app.detection.drafts import Draft
from app.detection.rules import Correlation, EventRule, Problem, RuleSet
from app.detection.vocabulary import reads_request
from app.detection.yaml_documents import Mistake


def linked(drafts: Sequence[Draft], problems: Sequence[Problem]) -> RuleSet:
    """Return the rule set of all drafts; `problems` are those of the files, and the set's has more."""
    found = list(problems)
    unique = _unique(drafts, found)
    known = _names(unique, found)
    correlations = [linked for draft in unique if (linked := _correlation(draft, known, found))]
    counted, shown = _served(unique, correlations)
    rules = [
        replace(
            draft.rule,
            alerts=_alerts(draft, counted, shown),
            needs_request=draft.rule.needs_request or _grouped_by_request(draft.id, correlations),
        )
        for draft in unique
        if draft.rule is not None
    ]
    found.sort(key=lambda problem: (str(problem.path), problem.line))
    return RuleSet(
        rules={rule.id: rule for rule in rules},
        correlations={correlation.id: correlation for correlation in correlations},
        problems=tuple(found),
    )


def _unique(drafts: Iterable[Draft], found: list[Problem]) -> list[Draft]:
    """Return the first draft of each id; the others are problems."""
    first: dict[str, Draft] = {}
    for draft in drafts:
        other = first.setdefault(draft.id, draft)
        if other is not draft:
            where = f"{other.path}, line {other.document.line}"
            found.append(draft.problem(Mistake(f"The id {draft.id} is that of another rule: {where}.", ("id",))))
    return list(first.values())


def _names(drafts: Iterable[Draft], found: list[Problem]) -> dict[str, Draft]:
    """Return the drafts by what correlations may call them: id and name."""
    known = {draft.id: draft for draft in drafts}
    for draft in drafts:
        if draft.name and known.setdefault(draft.name, draft) is not draft:
            other = known[draft.name].path
            found.append(
                draft.problem(Mistake(f"The name {draft.name!r} is that of another rule: {other}.", ("name",)))
            )
    return known


def _correlation(draft: Draft, known: dict[str, Draft], found: list[Problem]) -> Correlation | None:
    if draft.correlation is None:
        return None
    try:
        ids = {name: _named(name, at, known).id for at, name in enumerate(draft.correlation.rules)}
    except Mistake as mistake:
        found.append(draft.problem(mistake))
        return None
    return _finished(draft, draft.correlation, ids)


def _finished(draft: Draft, told: CorrelationDraft, ids: dict[str, str]) -> Correlation:
    aliases = {alias: {ids[name]: field for name, field in fields.items()} for alias, fields in told.aliases.items()}
    return Correlation(
        **draft.facts,
        alerts=draft.alerts is not False,
        type=told.type,
        rules=tuple(ids[name] for name in told.rules),
        group_by=told.group_by,
        timespan=told.timespan,
        at_least=told.at_least,
        field=told.field,
        aliases=aliases,
    )


def _named(name: str, at: int, known: dict[str, Draft]) -> EventRule:
    """Return the event rule that a correlation names. Raises Mistake."""
    path = ("correlation", "rules", at)
    draft = known.get(name) or known.get(name.lower())
    if draft is None:
        raise Mistake(f"It names the rule {name!r}, which is not there or has a problem itself.", path)
    if draft.rule is None:
        raise Mistake(
            f"It names {name!r}, which is a correlation: correlations of correlations are not supported.", path
        )
    if draft.rule.first_seen is not None:
        raise Mistake(f"It names {name!r}, which has a first_seen condition: such rules cannot be counted.", path)
    return draft.rule


def _grouped_by_request(rule_id: str, correlations: Iterable[Correlation]) -> bool:
    """Tell whether a correlation groups or counts a rule's matches by something of the operation's request."""
    return any(
        reads_request(one.field_of(name, rule_id))
        for one in correlations
        if rule_id in one.rules
        for name in (*one.group_by, one.field)
        if name
    )


def _served(drafts: Iterable[Draft], correlations: Iterable[Correlation]) -> tuple[set[str], set[str]]:
    """Return the rules that correlations name, and those of them that keep their own alerts (generate)."""
    generating = {draft.id for draft in drafts if draft.correlation and draft.correlation.generate}
    counted = {rule for correlation in correlations for rule in correlation.rules}
    return counted, {rule for one in correlations if one.id in generating for rule in one.rules}


def _alerts(draft: Draft, counted: set[str], shown: set[str]) -> bool:
    """Tell whether a rule's matches are alerts: what it says itself, or else unless they only serve a correlation."""
    if draft.alerts is not None:
        return draft.alerts
    return draft.id not in counted or draft.id in shown
