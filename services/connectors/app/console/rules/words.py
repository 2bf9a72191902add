"""What the pages on rules say in words: kinds, times, what a rule counts, how a hunt goes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.console.connector_words import number
from app.console.parts import age, moment
from app.detection.rules import Correlation, EventRule, Problem, Rule
from app.storage.hunts import HuntRow

KINDS = {"event": "Event", "first_seen": "First seen", "correlation": "Correlation"}
STATES = {"on": "On", "off": "Off", "hits": "Found something"}
HUNT_SPANS = {"1": "24 hours", "7": "7 days", "30": "30 days", "90": "90 days"}
"""How far back a hunt may look, in days, and how each is called."""

_KIND_HELP = {
    "event": "Each operation that matches makes an alert.",
    "first_seen": "Only what matches for the first time in a while makes an alert.",
    "correlation": "Several matches of other rules together make an alert.",
}
_FIELDS = {
    "src_ip": "address",
    "src_country": "country",
    "resource_id": "resource",
    "event_type": "operation",
    "subscription_id": "subscription",
    "principal_id": "principal",
    "role_id": "role",
}
_UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def kind_words(rule: Rule) -> str:
    """Return what a rule's kind means."""
    if not rule.alerts:
        return "It serves other rules and makes no alerts by itself."
    return _KIND_HELP[rule.kind]


def span_words(span: timedelta) -> str:
    """Return a timespan as people say it, in its greatest whole unit."""
    for unit, size in _UNITS:
        if span >= size and span % size == timedelta():
            count = span // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return number(round(span.total_seconds()), "second")


def condition_words(rule: Rule, titles: Mapping[str, str]) -> str:
    """Return what has to come together for a correlation or a first-seen rule; empty for another rule.

    titles: of the rules that a correlation names, by id.
    """
    match rule:
        case Correlation():
            return _correlation_words(rule, [titles.get(each, each) for each in rule.rules])
        case EventRule(first_seen=seen) if seen is not None:
            group = _and([field_words(each) for each in seen.group_by])
            together = f"{group} were not seen together" if len(seen.group_by) > 1 else f"{group} was not seen"
            new = f"{field_words(seen.field)} was not seen with its {group}" if seen.field else together
            return f"It counts only where the {new} in the {span_words(seen.timespan)} before."
    return ""


def _correlation_words(rule: Correlation, titles: list[str]) -> str:
    within = f"within {span_words(rule.timespan)}"
    same = f" with the same {_and([field_words(each) for each in rule.group_by])}" if rule.group_by else ""
    named = _or(titles)
    match rule.type:
        case "event_count":
            return f"{rule.at_least} or more operations {within}{same} that match {named}."
        case "value_count":
            values = f"values of {field_words(rule.field or '')}"
            return f"{rule.at_least} or more different {values} {within}{same}, in matches of {named}."
        case "temporal_ordered":
            return f"Matches of {' → '.join(titles)}, in this order, {within}{same}."
    return f"Matches of {_and(titles)}, in any order, {within}{same}."


def field_words(field: str) -> str:
    """Return what a field of a rule is called in words, as far as it is one of ours."""
    own = field.removeprefix("aisoc.")
    return _FIELDS.get(own, own.replace("_", " ")) if own != field else field


def _and(names: Sequence[str]) -> str:
    return _listed(names, "and")


def _or(names: Sequence[str]) -> str:
    return _listed(names, "or")


def _listed(names: Sequence[str], word: str) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def problem_words(problem: Problem) -> str:
    """Return where a problem is: the file, its line, and the rule, as far as they are known."""
    line = f", line {problem.line}" if problem.line else ""
    rule = f" ({problem.rule})" if problem.rule else ""
    return f"{problem.path.name}{line}{rule}"


def safe_link(text: str) -> str | None:
    """Return a reference of a rule as an address to follow; None where it is none that a browser may open."""
    parts = urlsplit(text.strip())
    return text.strip() if parts.scheme in ("https", "http") and parts.netloc else None


def technique_link(technique: str) -> str:
    """Return the address of a technique's page at MITRE."""
    return f"https://attack.mitre.org/techniques/{technique.replace('.', '/')}/"


def hunt_title(hunt: HuntRow, now: datetime) -> str:
    """Return what was asked for, by whom and when."""
    span = f"{age(hunt.until - hunt.since)} up to {moment(hunt.until, now)}"
    return f"{span}, asked for by {hunt.requested_by}"


def hunt_share(hunt: HuntRow) -> float | None:
    """Return how much of a hunt is done, from 0 to 1; None before that is known."""
    if hunt.state == "done":
        return 1.0
    told = hunt.progress or {}
    total = told.get("events_total") or 0
    return min(1.0, told.get("events_judged", 0) / total) if total else None


def hunt_words(hunt: HuntRow) -> str:
    """Return how far a hunt is and what it found."""
    if hunt.state == "waiting":
        return "It begins within seconds."
    told = hunt.progress or {}
    found = _found_words(told)
    alerts = f" {number(told.get('alerts_added', 0), 'new alert')}." if hunt.make_alerts else ""
    judged, total = told.get("events_judged", 0), told.get("events_total", 0)
    match hunt.state:
        case "running":
            return f"{judged:,} of {number(total, 'event')} judged. {found} so far." if told else "It begins."
        case "done":
            return f"{found} in {number(total, 'event')} that could match.{alerts}"
        case "stopped":
            return f"Stopped after {number(judged, 'event')}. {found} until then.{alerts}"
    return f"It ended after {number(judged, 'event')}."


def _found_words(told: Mapping[str, int]) -> str:
    matches = told.get("matches", 0)
    return f"{number(matches, 'match', 'matches')} found" if matches else "Nothing found"
