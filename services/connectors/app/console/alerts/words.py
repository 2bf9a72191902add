"""What is said about an alert, in plain words: how it stands, how it ended, its facts and its history."""

from collections.abc import Mapping
from typing import Any

from app.storage.alert_queries import AlertRow

STATUS_WORDS = {"new": "New", "in_progress": "In progress", "closed": "Closed"}
VERDICT_WORDS = {"true_positive": "True positive", "benign": "Benign", "false_positive": "False positive"}
VERDICT_HINTS = {
    "true_positive": "It was what the rule looks for, and had to be acted upon.",
    "benign": "It was what the rule looks for, and was allowed: planned work, a test.",
    "false_positive": "It was not what the rule looks for: the rule has to be mended.",
}
OUTCOME_WORDS = {
    "success": "Succeeded",
    "failure": "Failed",
    "in_progress": "Under way",
    "unknown": "Outcome unknown",
}
OUTCOME_ICONS = {"success": "check_circle", "failure": "cancel", "in_progress": "pending", "unknown": "help"}
ENTITY_WORDS = {"actor": "Actor", "ip": "Address", "resource": "Resource", "principal": "Principal"}
ENTITY_ICONS = {"actor": "person", "ip": "lan", "resource": "dns", "principal": "badge"}
SEVERITY_TABLE = "Severity table"

# What values of a fact mean, where they are words of our own.
_VALUE_WORDS = {
    "scope_level": {
        "tenant": "the whole tenant",
        "management_group": "a management group",
        "subscription": "the whole subscription",
        "resource_group": "a resource group",
        "resource": "one resource",
    },
    "firewall_opens": {
        "internet": "the whole internet",
        "azure": "everything that runs in Azure, anyone's",
        "wide": "a wide range of addresses",
        "narrow": "few addresses",
    },
    "open_ports": {"*": "all"},
    "open_sources": {"*": "any address", "0.0.0.0/0": "any address (0.0.0.0/0)"},
}
_FACT_WORDS = {
    "count": "Counted",
    "group": "Together by",
    "role": "Role",
    "role_id": "Role's ID",
    "role_powers": "What the role may do",
    "scope_level": "Holds for",
    "scope": "Scope",
    "principal": "To whom",
    "principal_id": "To whom",
    "principal_type": "Which is a",
    "managing_tenant": "To the tenant",
    "open_ports": "Ports opened",
    "open_services": "Services opened",
    "open_sources": "Opened to",
    "exposure": "How far open",
    "firewall_opens": "Lets in",
    "firewall_range": "Addresses let in",
    "logs_enabled": "Kinds of logs kept",
    "federated_issuer": "Trusts tokens of",
    "federated_subject": "Trusts as",
    "extension": "Extension",
    "script": "Script",
    "vm_size": "Size of machines",
    "vm_cores": "Cores",
    "src_country": "Country",
    "src_ip": "Address",
    "resource_id": "Resource",
    "resource_name": "Resource",
    "subscription_id": "Subscription",
    "tenant_id": "Tenant",
    "app_id": "Application",
}
_LONGEST = 400


def fact_lines(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return an alert's facts as names and values for people; what is empty is left out."""
    order = list(_FACT_WORDS)
    known = sorted(facts, key=lambda name: order.index(name) if name in order else len(order))
    lines = [(_fact_name(name), _fact_value(name, facts[name])) for name in known]
    return [(name, value) for name, value in lines if value]


def _fact_name(name: str) -> str:
    plain = name.removeprefix("aisoc.")
    return _FACT_WORDS.get(plain) or plain.replace("_", " ").strip().capitalize()


def _fact_value(name: str, value: object) -> str:
    if value is None or value in ("", [], {}):
        return ""
    match value:
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            told = ", ".join(text for each in value if (text := _fact_value(name, each)))
        case Mapping():
            told = ", ".join(f"{_fact_name(key).lower()} {_fact_value(key, each)}" for key, each in value.items())
        case _:
            told = _VALUE_WORDS.get(name, {}).get(str(value), str(value))
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"


def standing(status: str, verdict: str | None) -> str:
    """Return how an alert stands: `New`, or `Closed: benign`."""
    word = STATUS_WORDS.get(status, status)
    return f"{word}: {VERDICT_WORDS.get(verdict, verdict).lower()}" if verdict else word


def kind_word(kind: str) -> str:
    """Return which kind of rule an alert is of, as a phrase; empty for one that a single event matches."""
    return {"correlation": "several events together", "first_seen": "seen for the first time"}.get(kind, "")


def rule_word(alert: AlertRow) -> str:
    """Return which rule made an alert: its title, or that it was the table of severities."""
    return SEVERITY_TABLE if alert.kind == "severity" else alert.rule_title


def entities_in_short(alert: AlertRow, kind: str) -> str:
    """Return an alert's entities of a kind in few words: `anna@contoso.com and 2 more`; empty for none."""
    found = [entity.shown for entity in alert.entities if entity.kind == kind]
    if not found:
        return ""
    first = last_name(found[0]) if kind == "resource" else found[0]
    return f"{first} and {len(found) - 1:,} more" if len(found) > 1 else first


def last_name(path: str) -> str:
    """Return the name of a resource, which its path ends with."""
    return path.rstrip("/").rpartition("/")[2] or path
