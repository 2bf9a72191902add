"""The country of an address, from a database of the operator's own (AISOC_COUNTRIES); without one there is none."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any

import maxminddb

from app.detection.rules import Correlation, EventRule, Rule
from app.errors import InvalidInput

FIELD = "aisoc.src_country"
_MOST_REMEMBERED = 65_536


class Countries:
    """Looks addresses up in a MaxMind database (.mmdb), or in none. Several threads may use it.

    Raises InvalidInput (unreadable_countries) where the file is no such database.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._reader = None if path is None else _opened(path)
        self.country = lru_cache(_MOST_REMEMBERED)(self._country)
        """Return the ISO code of an address's country; None where it is private or unknown, or no address."""

    @property
    def available(self) -> bool:
        """Whether there is a database."""
        return self._reader is not None

    def _country(self, address: str | None) -> str | None:
        if self._reader is None or not address:
            return None
        try:
            found = ip_address(address)
            found = (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
            return _code(self._reader.get(found)) if found.is_global else None
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None  # no address, or an IPv6 one and a database of IPv4, or a damaged place in it


_in_use = [Countries()]


def use_countries(countries: Countries) -> None:
    """Let the whole process look addresses up here; called once, where the service is put together."""
    _in_use[0] = countries


def country_of(address: str | None) -> str | None:
    """Return the ISO code of an address's country; None where it is private or unknown, or there is no database."""
    return _in_use[0].country(address)


def unusable(rule: Rule) -> str | None:
    """Return why a rule can find nothing here, where it reads the country and there is no database; else None."""
    if _in_use[0].available or FIELD not in _fields_of(rule):
        return None
    return f"It reads {FIELD}, which needs AISOC_COUNTRIES: the path of a database of countries."


def _fields_of(rule: Rule) -> set[str]:
    """Return the fields that a rule reads, in lower case."""
    fields: set[str | None] = set()
    if isinstance(rule, Correlation):
        fields = {*rule.group_by, rule.field, *(name for names in rule.aliases.values() for name in names.values())}
    elif isinstance(rule, EventRule):
        first_seen = rule.first_seen
        fields = {*rule.fields, *((*first_seen.group_by, first_seen.field) if first_seen else ())}
    return {field.lower() for field in fields if field}


def _opened(path: Path) -> maxminddb.Reader:
    try:
        return maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise InvalidInput(
            "unreadable_countries",
            f"AISOC_COUNTRIES names {path}, which cannot be read as a database of countries: {_reason(error)}.",
            "Name a file in MaxMind's format (.mmdb) that this user may read, or unset AISOC_COUNTRIES.",
        ) from None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it is none"


def _code(found: Any) -> str | None:
    """Return the country of an entry: {"country": {"iso_code": "DE"}}, {"country": "DE"} or {"country_code": "DE"}."""
    for name in ("country", "country_code", "registered_country"):
        told = found.get(name) if isinstance(found, dict) else None
        told = told.get("iso_code") if isinstance(told, dict) else told
        if isinstance(told, str) and len(told) == 2:
            return told.upper()
    return None
