"""One YAML document becomes a rule by itself; what it says of other rules is looked up when all are read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import (
    SigmaDateError,
    SigmaDetectionError,
    SigmaError,
    SigmaFalsePositivesError,
    SigmaLevelError,
    SigmaLogsourceError,
    SigmaModifiedError,
    SigmaReferencesError,
    SigmaRelatedError,
    SigmaStatusError,
    SigmaTagError,
    SigmaTitleError,
)
from sigma.rule import SigmaRule

from app.detection.compiling import compiled
from app.detection.condition import fields_of
from app.detection.correlation_drafts import CorrelationDraft, correlation_of
from app.detection.detecting import condition_of
from app.detection.extension import Extension, extension_of, text_of, texts_of
from app.detection.items import POLICY, Lists
from app.detection.literals import literals_of
from app.detection.partial import known_of, may_match, narrowed
from app.detection.rules import EventRule, Problem
from app.detection.vocabulary import reads_request
from app.detection.yaml_documents import Document, Mistake
from app.events.event import Severity

_SEVERITIES = {"informational": Severity.INFO} | {severity.value: severity for severity in Severity}
_TECHNIQUE = re.compile(r"t\d{4}(?:\.\d{3})?")
# Of ATT&CK's other things: groups, software, campaigns, mitigations, data sources, and tactics by number.
_OTHER_TAG = re.compile(r"(?:g|s|c|m|ds|ta)\d{4}")
_PLACES: dict[type[SigmaError], str] = {
    SigmaDateError: "date",
    SigmaModifiedError: "modified",
    SigmaLevelError: "level",
    SigmaStatusError: "status",
    SigmaTagError: "tags",
    SigmaTitleError: "title",
    SigmaFalsePositivesError: "falsepositives",
    SigmaReferencesError: "references",
    SigmaRelatedError: "related",
    SigmaLogsourceError: "logsource",
    SigmaDetectionError: "detection",
}


@dataclass(frozen=True)
class Draft:
    """A rule that is whole but for what other rules say of it.

    facts: what all rules have, as arguments of a Rule. rule: the finished event rule; None for a correlation.
    name: what correlations may call it instead of its id. alerts: what it says itself of its alerts.
    """

    facts: dict[str, Any]
    name: str | None
    alerts: bool | None
    document: Document
    rule: EventRule | None = None
    correlation: CorrelationDraft | None = None

    @property
    def id(self) -> str:
        """The rule's id, in lower case."""
        return str(self.facts["id"])

    @property
    def path(self) -> Path:
        """The rule's file."""
        return Path(self.facts["path"])

    def problem(self, mistake: Mistake) -> Problem:
        """Return a mistake of this rule as a problem."""
        return problem_of(mistake, self.path, self.document)


def problem_of(mistake: Mistake, path: Path, document: Document | None = None) -> Problem:
    """Return a mistake as a problem with its line."""
    line = mistake.line if mistake.line is not None or document is None else document.line_of(mistake.path)
    title = document.data.get("title") or document.data.get("id") if document else None
    return Problem(path, line or 0, mistake.reason, str(title) if title else None)


def draft_of(document: Document, path: Path, lists: Lists) -> Draft | list[Problem]:
    """Return the rule of a document, or what is wrong with it."""
    found: list[Mistake] = []

    def tried(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Mistake as mistake:
            found.append(mistake)

    data = document.data
    tried(lambda: _refuse_other_kinds(data))
    if found:
        return [problem_of(found[0], path, document)]
    facts = tried(lambda: _facts(document, path))
    extension = tried(lambda: extension_of(data.get("aisoc")))
    if "correlation" in data:
        body = tried(lambda: correlation_of(data["correlation"]))
    else:
        body = tried(lambda: condition_of(data.get("detection"), lists))
    if not found:
        tried(lambda: _validate(data))
    if found:
        return [problem_of(mistake, path, document) for mistake in found]
    return _draft(document, facts, extension, body)


def _draft(document: Document, facts: dict[str, Any], extension: Extension, body: Any) -> Draft:
    name = document.data.get("name")
    facts |= {"why": extension.why, "next_steps": extension.next_steps, "alert_title": extension.alert_title}
    draft = Draft(facts, str(name) if name else None, extension.alerts, document)
    if isinstance(body, CorrelationDraft):
        return replace(draft, correlation=body)
    fields = frozenset(fields_of(body))
    first = extension.first_seen
    asked = fields | ({field.lower() for field in (*first.group_by, first.field or "")} if first else set())
    rule = EventRule(
        **facts,
        condition=body,
        fields=fields,
        literals=literals_of(body),
        matches=compiled(body),
        may_match=may_match(body),
        matches_of=lambda operation, category: compiled(narrowed(body, known_of(operation, category))),
        needs_request=any(reads_request(field) for field in asked),
        first_seen=first,
    )
    return replace(draft, rule=rule)


def _refuse_other_kinds(data: dict[str, Any]) -> None:
    if "action" in data:
        raise Mistake("Collections by `action:` are not supported: write each rule in full.", ("action",))
    if "filter" in data and "detection" not in data:
        raise Mistake("Sigma filters are not supported: write the exception into the rule, or suppress.", ("filter",))
    if "correlation" in data:
        _refuse(data, "first_seen", "A correlation has no `first_seen`.")
        return
    source = data.get("logsource")
    if not isinstance(source, dict):
        raise Mistake("The rule has no `logsource`: write product: azure, service: activitylogs.", ("logsource",))
    told = {key: str(source[key]).lower() for key in ("product", "service", "category") if source.get(key)}
    if told not in ({"product": "azure"}, {"product": "azure", "service": "activitylogs"}):
        named = ", ".join(f"{key}: {value}" for key, value in told.items()) or "nothing"
        raise Mistake(
            f"It is not for this source: it is for {named}, and the Activity Log is product: azure, "
            "service: activitylogs.",
            ("logsource",),
        )


def _refuse(data: dict[str, Any], key: str, reason: str) -> None:
    extension = data.get("aisoc")
    if isinstance(extension, dict) and key in extension:
        raise Mistake(reason, ("aisoc", key))


def _facts(document: Document, path: Path) -> dict[str, Any]:
    """Return what all rules have. Raises Mistake."""
    data = document.data
    title = text_of(data.get("title"), ("title",))
    if not title:
        raise Mistake("The rule has no title.", ("title",))
    attack = _attack_tags(data.get("tags"))
    return {
        "id": _id(data.get("id")),
        "title": title,
        "severity": _severity(data.get("level")),
        "path": path,
        "line": document.line,
        "description": text_of(data.get("description"), ("description",)),
        "status": text_of(data.get("status"), ("status",)),
        "author": text_of(data.get("author"), ("author",)),
        "techniques": tuple(tag.upper() for tag in attack if _TECHNIQUE.fullmatch(tag)),
        "tactics": tuple(
            tag.replace("_", "-") for tag in attack if not _TECHNIQUE.fullmatch(tag) and not _OTHER_TAG.fullmatch(tag)
        ),
        "references": texts_of(data.get("references"), ("references",)),
        "false_positives": texts_of(data.get("falsepositives"), ("falsepositives",)),
        "source": document.source,
    }


def _attack_tags(told: Any) -> list[str]:
    tags = [tag.lower() for tag in texts_of(told, ("tags",))]
    for at, tag in enumerate(tags):
        if "." not in tag:
            raise Mistake(f"The tag {tag!r} has no namespace, such as attack.t1098.", ("tags", at))
    return [tag.removeprefix("attack.") for tag in tags if tag.startswith("attack.")]


def _id(told: Any) -> str:
    if told is None:
        raise Mistake("The rule has no id: give it a new UUID, which stays when the rule changes.", ("id",))
    try:
        return str(UUID(told))
    except (ValueError, AttributeError, TypeError):
        raise Mistake(f"The id {told!r} is no UUID.", ("id",)) from None


def _severity(told: Any) -> Severity:
    """Return a level's severity; a rule without a level is medium."""
    if told is None:
        return Severity.MEDIUM
    if not isinstance(told, str) or told.lower() not in _SEVERITIES:
        raise Mistake(
            f"The level {told!r} is unknown; levels are informational, low, medium, high and critical.", ("level",)
        )
    return _SEVERITIES[told.lower()]


def _validate(data: dict[str, Any]) -> None:
    """Let pySigma read the whole rule, which looks at what nothing here uses, such as dates. Raises Mistake."""
    whole = SigmaCorrelationRule if "correlation" in data else SigmaRule
    try:
        whole.from_dict(data, policy=POLICY)
    except SigmaError as error:
        place = next((place for kind, place in _PLACES.items() if isinstance(error, kind)), None)
        raise Mistake(f"{str(error).rstrip('.')}.", (place,) if place else ()) from None
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise Mistake(f"pySigma cannot read the rule: {error}.") from None
