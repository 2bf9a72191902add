"""What an operation's record and request say only together: which role at which scope, which ports to whom.

Facts are derived, never stored: rules read them as `aisoc.<fact>`, and the titles of alerts name them in braces. What
a rule can read from the request by itself (`aisoc.request.<path>`) is no fact.
"""

from collections.abc import Mapping
from typing import Any

from app.events.event import Event

REQUEST_FACTS = frozenset(
    {
        "role",
        "role_id",
        "role_powers",
        "principal_id",
        "principal_type",
        "open_ports",
        "open_sources",
        "open_services",
        "firewall_opens",
        "firewall_range",
        "logs_enabled",
        "federated_issuer",
        "federated_subject",
        "managing_tenant",
        "extension",
        "script",
        "vm_size",
        "vm_cores",
    }
)
"""The facts that need the request's body. `scope` and `scope_level` are told by the resource id alone."""


def derive(event: Event, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the facts of a record, by name; only those that its operation can have.

    request: the body of the operation's request; None where it is not known, and then the facts of REQUEST_FACTS are
    missing. Values are texts, whole numbers, or lists of texts. Never raises, whatever the request holds.
    """
    return {}
