"""Who did it: the actor of an Activity Log record, from its caller, the token's claims and what PIM says."""

import re
from typing import Any, NamedTuple

import msgspec

from app.events.activity import Activity
from app.events.claims import ACTOR_TYPES
from app.events.event import ActorType
from app.events.fields import text

# Events of these categories are written by Azure itself, whatever mailbox or service they name.
_PLATFORM_CATEGORIES = frozenset(
    {"servicehealth", "resourcehealth", "recommendation", "autoscale", "alert", "security"}
)
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class Actor(NamedTuple):
    """Who acted; every part may be unknown."""

    name: str | None
    email: str | None
    type: ActorType
    app_id: str | None


def identify_actor(activity: Activity) -> Actor:
    """Name the actor of a record; never raises."""
    claims = activity.claims
    if not claims.any and activity.caller is None and "PIM" in (activity.operation or ""):
        return _pim_actor(activity)
    name = activity.caller or claims.mailbox or claims.name or _principal(activity)
    email = _mailbox(activity.caller) or _mailbox(claims.mailbox)
    return Actor(name, email, _type(activity, name, email), claims.app_id)


def _mailbox(name: str | None) -> str | None:
    return name if name and "@" in name else None


def _type(activity: Activity, name: str | None, email: str | None) -> ActorType:
    if (activity.category or "").lower() in _PLATFORM_CATEGORIES:
        return "platform"
    if activity.claims.type:
        return activity.claims.type
    if email is not None:
        return "user"
    # The evidence's principal is whom the used role was given to, which may be another than the caller.
    if known := ACTOR_TYPES.get(_principal_type(activity)):
        return known
    if activity.claims.app_id or (name is not None and _GUID.fullmatch(name)):
        return "application"
    return "platform" if name is not None and name.lower().startswith(("microsoft.", "azure")) else "unknown"


def _principal_type(activity: Activity) -> str:
    return str(_evidence(activity).get("principalType")).lower()


def _principal(activity: Activity) -> str | None:
    return text(_evidence(activity).get("principalId"))


def _evidence(activity: Activity) -> dict[str, Any]:
    evidence = activity.authorization().get("evidence")
    return evidence if isinstance(evidence, dict) else {}


def _pim_actor(activity: Activity) -> Actor:
    """Read `CallerInfo`, a JSON text of identity types and values, as PIM's records have no identity block."""
    info = activity.properties().get("CallerInfo")
    try:
        parts = msgspec.json.decode(info) if isinstance(info, str) else info
    except (msgspec.DecodeError, RecursionError):
        parts = None
    pairs = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    found = {str(pair.get("CallerIdentityType")): text(pair.get("CallerIdentityValue")) for pair in pairs}
    email = found.get("UPN")
    name = email or found.get("Username") or found.get("Name") or found.get("ObjectID")
    # Expiries are PIM's own acts: it names itself, with no UPN.
    return Actor(name, email, "user" if email else "platform" if name else "unknown", None)
