"""Which rules of the list somebody wants to see, as the page's address and its controls say it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from app.console.rules.figures import Listed
from app.console.rules.words import KINDS, STATES
from app.detection.attack import known_as, technique_name, watches
from app.detection.attack_table import TACTICS
from app.events.event import Severity

LONGEST = 200


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; an empty value narrows nothing.

    q: words that title, description, file or technique have to hold. state: `on`, `off` or `hits`.
    """

    q: str = ""
    severity: str = ""
    kind: str = ""
    state: str = ""
    tactic: str = ""
    technique: str = ""

    @property
    def address(self) -> str:
        """The address of the list that is narrowed so."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/rules?{query}" if query else "/rules"

    def changed(self, **values: str) -> "Wanted":
        """Return it with other values; None, as controls give it, is empty."""
        return replace(self, **{name: value or "" for name, value in values.items()})


def wanted_from(asked: Mapping[str, str]) -> Wanted:
    """Return what an address asks for; what cannot be meant is left out."""
    technique = known_as(asked.get("technique", "")[:LONGEST])
    return Wanted(
        q=asked.get("q", "")[:LONGEST],
        severity=_one_of(asked.get("severity", ""), Severity),
        kind=_one_of(asked.get("kind", ""), KINDS),
        state=_one_of(asked.get("state", ""), STATES),
        tactic=_one_of(asked.get("tactic", ""), TACTICS),
        technique=technique if technique[:1] == "T" and technique[1:].replace(".", "").isdigit() else "",
    )


def _one_of(asked: str, known: Iterable[str]) -> str:
    return asked if asked in tuple(known) else ""


def sift(listed: Iterable[Listed], wanted: Wanted) -> list[Listed]:
    """Return the rules that are wanted, in the order they came."""
    return [each for each in listed if _is_wanted(each, wanted)]


def _is_wanted(each: Listed, wanted: Wanted) -> bool:
    rule = each.rule
    return (
        (not wanted.severity or rule.severity == wanted.severity)
        and (not wanted.kind or rule.kind == wanted.kind)
        and (not wanted.state or _stands(each, wanted.state))
        and watches(rule, wanted.technique, wanted.tactic)
        and all(word in _words(each) for word in wanted.q.lower().split())
    )


def _stands(each: Listed, state: str) -> bool:
    return {"on": each.on, "off": not each.on, "hits": each.hits > 0}[state]


def _words(each: Listed) -> str:
    rule = each.rule
    named = " ".join(f"{known_as(one)} {technique_name(one)}" for one in rule.techniques)
    return f"{rule.title} {rule.description} {rule.path.name} {rule.id} {named}".lower()
