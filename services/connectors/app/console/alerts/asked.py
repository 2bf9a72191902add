"""Which alerts somebody wants to see, as the queue's address and its controls say it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from app.detection.alerts import ME
from app.events.event import Severity
from app.storage.alert_filter import ENTITY_KINDS, NOBODY, OPEN, AlertFilter, EntityKind, Status
from app.storage.alert_queries import Order

STATES = {"open": "Open", "closed": "Closed", "all": "All"}
OWNERS = {"": "Anybody's", ME: "Mine", NOBODY: "Unassigned"}
ORDERS = {"severity": "By severity", "newest": "Newest first"}
LONGEST = 2_000
_STATUSES: dict[str, tuple[Status, ...]] = {"open": OPEN, "closed": ("closed",), "all": ()}


@dataclass(frozen=True)
class Asked:
    """What the queue is narrowed to; an empty value narrows nothing.

    state: one of STATES. severity: several, by commas. owner: ME, NOBODY or a user's name. entity: what alerts are
    about, of entity_kind or of any. held: whether what suppressions hold back is shown too. order: one of ORDERS.
    """

    state: str = "open"
    severity: str = ""
    owner: str = ""
    rule: str = ""
    entity: str = ""
    entity_kind: str = ""
    technique: str = ""
    event: str = ""
    suppression: str = ""
    q: str = ""
    held: str = ""
    order: str = "severity"

    @property
    def address(self) -> str:
        """The address of the queue that is narrowed so."""
        return self.beside("")

    def beside(self, alert: str) -> str:
        """Return the address of the queue with an alert open beside it; empty: none."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        query = {name: value for name, value in told.items() if value != getattr(_NOTHING, name)}
        query |= {"alert": alert} if alert else {}
        return f"/alerts?{urlencode(query)}" if query else "/alerts"

    def changed(self, **values: Any) -> "Asked":
        """Return it with other values; None, as controls give it, is empty."""
        return replace(self, **{name: str(value or "").strip()[:LONGEST] for name, value in values.items()})

    def switched(self, severity: Severity) -> "Asked":
        """Return it with a severity more or less; all of them are the same as none."""
        chosen = {*self.severities} ^ {severity}
        wanted = chosen if chosen < set(Severity) else set()
        return replace(self, severity=",".join(each for each in Severity if each in wanted))

    @property
    def severities(self) -> tuple[Severity, ...]:
        """The severities that are asked for; empty: all."""
        return tuple(Severity(each) for each in self.severity.split(",") if each)

    @property
    def narrowed(self) -> bool:
        """Whether more than the state and the order is asked for."""
        return replace(self, state="open", order="severity") != _NOTHING

    @property
    def filter(self) -> AlertFilter:
        """What the use-cases understand."""
        return AlertFilter(
            statuses=_STATUSES[self.state],
            severities=self.severities,
            rule=self.rule or None,
            assignee=self.owner or None,
            entity_kind=_kind(self.entity_kind),
            entity=self.entity or None,
            technique=self.technique or None,
            text=self.q or None,
            event=as_id(self.event),
            suppression=as_id(self.suppression),
            suppressed=bool(self.held),
        )

    @property
    def sorting(self) -> Order:
        """The order, as the use-cases know it."""
        return "newest" if self.order == "newest" else "severity"


_NOTHING = Asked()


def asked_from(told: Mapping[str, str]) -> Asked:
    """Return what an address asks for; what cannot be meant is left out."""
    given = {each.name: told.get(each.name, "").replace("\0", "")[:LONGEST] for each in fields(Asked)}
    severities = [each for each in Severity if each in given["severity"].split(",")]
    given["severity"] = ",".join(severities) if len(severities) < len(Severity) else ""
    given["state"] = _one_of(given["state"], STATES) or _NOTHING.state
    given["order"] = _one_of(given["order"], ORDERS) or _NOTHING.order
    given["entity_kind"] = _one_of(given["entity_kind"], ENTITY_KINDS)
    given["held"] = "yes" if given["held"] else ""
    for name in ("event", "suppression"):
        given[name] = str(as_id(given[name]) or "")
    return Asked(**given)


def as_id(told: object) -> UUID | None:
    """Return the id that an address or a browser tells, or None for anything else."""
    try:
        return UUID(str(told))
    except ValueError:
        return None


def _kind(told: str) -> EntityKind | None:
    return next((kind for kind in get_args(EntityKind) if kind == told), None)


def _one_of(told: str, known: Iterable[str]) -> str:
    return told if told in tuple(known) else ""
