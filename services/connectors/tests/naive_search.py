"""What a search means, told a second time: one event after another, in plain Python."""

import ipaddress
import re
from typing import Any

from app.search.query import And, Match, Not, Or, Search, Severities, Value, When

WHOLE = {"ip", "group", "subscription", "tenant", "status", "outcome", "category", "connector", "correlation"}


def matches(search: Search, event: Any, connector: str) -> Any:
    """Return whether a search finds an event."""
    return _holds(And(search.parts), event, connector)


def _holds(condition: Any, event: Any, connector: str) -> Any:
    match condition:
        case And(parts):
            return all(_holds(part, event, connector) for part in parts)
        case Or(parts):
            return any(_holds(part, event, connector) for part in parts)
        case Not(part):
            return not _holds(part, event, connector)
        case Severities(sign, values):
            ranks = [value.rank for value in values]
            have = event.severity.rank
            return {
                ":": have in ranks,
                "=": have in ranks,
                ">": have > ranks[0],
                ">=": have >= ranks[0],
                "<": have < ranks[0],
                "<=": have <= ranks[0],
            }[sign]
        case When(bound, _, at):
            return event.event_time >= at if bound == "since" else event.event_time < at
        case Match(field, values, exact):
            texts = {name: _text(event, connector, name) for name in field.columns}
            return any(_has(field.name, name, text, value, exact) for name, text in texts.items() for value in values)


def _text(event: Any, connector: str, name: str) -> str:
    told = connector if name == "connector" else getattr(event, name)
    return str(told or "").lower()


def _has(field: str, column: str, text: str, value: Value, exact: bool) -> bool:
    if not text or value.parts == ("", ""):
        return bool(text)
    wild = ".*".join(re.escape(part.lower()) for part in value.parts)
    whole = bool(re.fullmatch(wild, text, re.DOTALL))
    if field == "id":
        return text.replace("-", "").startswith(value.parts[0].replace("-", "").lower())
    if field == "ip" and len(value.parts) == 1:
        return whole or _in_network(text, value.parts[0], exact)
    if exact or field in WHOLE:
        return whole
    if field == "resource" and value.parts[0].startswith("/"):
        return column == "resource_id" and bool(re.fullmatch(f"{wild.rstrip('/')}(?:/.*)?", text, re.DOTALL))
    return bool(re.search(wild, text, re.DOTALL))


def _in_network(text: str, typed: str, exact: bool) -> bool:
    try:
        network = ipaddress.ip_network(typed, strict=False)
        return ipaddress.ip_address(text) in network and not (exact and network.num_addresses > 1)
    except ValueError:
        return False
