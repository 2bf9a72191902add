"""What the claims of a token say of its bearer; they repeat from event to event, so each text is read once."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from app.events.event import ActorType
from app.events.fields import decoded, text

# Claim names: learn.microsoft.com, "Azure activity log event schema" (claims) and "Access token claims reference".
_SCHEMAS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MAILBOXES = (f"{_SCHEMAS}upn", f"{_SCHEMAS}name", f"{_SCHEMAS}emailaddress")
_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_NAMES = (f"{_SCHEMAS}spn", _OBJECT_ID, "appid")
_TENANT_ID = "http://schemas.microsoft.com/identity/claims/tenantid"
# The resource id of a managed identity, in its tokens only.
_MANAGED_IDENTITY = "xms_mirid"
# By `idtyp` of a token, and by `principalType` of a role that was used.
ACTOR_TYPES: dict[str, ActorType] = {"user": "user", "app": "application", "serviceprincipal": "application"}
# Longer claims are no token's, and are not kept.
_LONGEST_REMEMBERED = 8 << 10
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class Claims(NamedTuple):
    """The facts of a token; each may be missing. any: whether it claims anything at all."""

    any: bool
    mailbox: str | None
    name: str | None
    type: ActorType | None
    app_id: str | None
    tenant: str | None
    ip: str | None


def read_claims(json: bytes) -> Claims:
    """Read a record's claims, which repeat while a token is used: an hour, for all that is done with it."""
    return _remembered(json) if len(json) <= _LONGEST_REMEMBERED else _read(json)


def _read(json: bytes) -> Claims:
    return claims_of(decoded(msgspec.Raw(json)))


_remembered = lru_cache(maxsize=1024)(_read)


def claims_of(claims: dict[str, Any]) -> Claims:
    """Return what claims say."""
    return Claims(
        any=bool(claims),
        mailbox=_first(claims, _MAILBOXES),
        name=_first(claims, _NAMES),
        type="managed_identity" if _MANAGED_IDENTITY in claims else ACTOR_TYPES.get(str(claims.get("idtyp")).lower()),
        app_id=text(claims.get("appid")),
        tenant=text(claims.get(_TENANT_ID)) or _issuer(claims),
        ip=text(claims.get("ipaddr")),
    )


def _first(claims: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((found for name in names if (found := text(claims.get(name)))), None)


def _issuer(claims: dict[str, Any]) -> str | None:
    """Return the tenant in the token's issuer (https://sts.windows.net/{tenant}/)."""
    found = _GUID.search(text(claims.get("iss")) or "")
    return found[0].lower() if found else None
