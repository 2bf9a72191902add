"""What a rule asks of a field's values: one test for each value that is written in the rule."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from operator import eq, ge, gt, le, lt, ne

from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
    TimestampPart,
)

from app.detection.patterns import search_of, wildcards_of
from app.detection.record import Value

Matches = Callable[[Value], bool]
Number = int | float

_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_COMPARISONS: dict[CompareOperators, Callable[[Number, Number], bool]] = {
    CompareOperators.LT: lt,
    CompareOperators.LTE: le,
    CompareOperators.GT: gt,
    CompareOperators.GTE: ge,
    CompareOperators.NEQ: ne,
}
_TIME_PARTS: dict[TimestampPart, Callable[[datetime], int]] = {
    TimestampPart.MINUTE: lambda moment: moment.minute,
    TimestampPart.HOUR: lambda moment: moment.hour,
    TimestampPart.DAY: lambda moment: moment.day,
    TimestampPart.WEEK: lambda moment: moment.isocalendar().week,
    TimestampPart.MONTH: lambda moment: moment.month,
    TimestampPart.YEAR: lambda moment: moment.year,
}
_LONGEST_ADDRESS = 80
_FLAGS = {"IGNORECASE": "i", "MULTILINE": "m", "DOTALL": "s"}
# What may find something in a text and yet nothing in that text in lower case, letter case ignored.
_CASE_MATTERS = re.compile(r"\[|\(\?|\\[pPQxC]")


@dataclass(frozen=True)
class ValueTest:
    """Holds where one of a field's values fits.

    text: the wanted value, as people read it. matches: whether a value fits. fits_low: the same judged by the value's
    lower-case text alone; None where that does not tell. exact: the lower-case text that alone fits, where it is one.
    literals: texts in lower case that are all in any text that fits.
    """

    text: str
    matches: Matches
    fits_low: Callable[[str], bool | None]
    exact: str | None = None
    literals: tuple[str, ...] = ()


@dataclass(frozen=True)
class NullTest:
    """Holds where the field has no value."""

    text: str = "null"


@dataclass(frozen=True)
class ExistsTest:
    """Holds where the field has a value, or, with wanted=False, has none."""

    wanted: bool

    @property
    def text(self) -> str:
        """The wanted value, as people read it."""
        return "true" if self.wanted else "false"


@dataclass(frozen=True)
class ReferenceTest:
    """Holds where one of the field's values is, begins with, ends with or contains one of another field's."""

    field: str
    fits: Callable[[str, str], bool]

    @property
    def text(self) -> str:
        """The other field."""
        return f"the value of {self.field}"


@dataclass(frozen=True)
class ExpandedTest:
    """Holds where one of the values does that a modifier made of one: the three offsets of base64."""

    text: str
    tests: "tuple[Test, ...]"


Test = ValueTest | NullTest | ExistsTest | ReferenceTest | ExpandedTest


def string_test(value: SigmaString, *, before: bool = False, after: bool = False) -> ValueTest:
    """Return the test of a text with wildcards. before, after: anything may stand there, as around keywords."""
    anything = [SpecialChars.WILDCARD_MULTI]
    parts = [*(anything if before else ()), *_parts(value), *(anything if after else ())]
    low = [part.lower() if isinstance(part, str) else part for part in parts]
    fits_low = wildcards_of(low)
    literals = tuple(part for part in low if isinstance(part, str))
    if isinstance(value, SigmaCasedString):
        fits = wildcards_of(parts)
        return ValueTest(_told(value), lambda found: fits(found.text), _unsure(fits_low), None, literals)
    exact = "".join(literals) if len(literals) == len(low) else None
    return ValueTest(_told(value), lambda found: fits_low(found.low), fits_low, exact, literals)


def _parts(value: SigmaString) -> list[str | SpecialChars]:
    """Return a text's parts; placeholders are gone when a test is made."""
    return [part for part in value.s if isinstance(part, (str, SpecialChars))]


def _told(value: SigmaString) -> str:
    return f"'{value}'"


def pattern_test(value: SigmaRegularExpression, *, from_start: bool = False, to_end: bool = False) -> ValueTest:
    """Return the test of a regular expression, which is searched for anywhere in the value. Raises BadPattern."""
    pattern = str(value.regexp)
    flags = "".join(sorted(_FLAGS[flag.name] for flag in value.flags))
    told = f"/{pattern}/{flags}"
    if from_start:
        pattern = rf"\A(?:{pattern})"
    if to_end:
        pattern = rf"(?:{pattern})\z"
    fits = search_of(pattern, flags)
    return ValueTest(told, lambda found: fits(found.text), _fits_low_pattern(pattern, flags))


def _fits_low_pattern(pattern: str, flags: str) -> Callable[[str], bool | None]:
    if _CASE_MATTERS.search(pattern.replace("(?:", "(")):
        return lambda text: None  # noqa: ARG005
    fits_low = search_of(pattern, "".join(sorted({*flags, "i"})))
    if "i" in flags:
        return fits_low
    return _unsure(fits_low)


def _unsure(fits_low: Callable[[str], bool]) -> Callable[[str], bool | None]:
    """Return what says no where the lower-case text does not fit, and else that it depends on the letters' case."""
    return lambda text: None if fits_low(text) else False


def number_test(value: SigmaNumber) -> ValueTest:
    """Return the test of a number, which its digits as text fit too; of a part of a time, that of a time."""
    if isinstance(value, SigmaTimestampPart):
        return _by_text(str(value.number), _time_part(value, eq))
    return _by_text(str(value.number), _compared(value.number, eq))


def comparison_test(value: SigmaCompareExpression) -> ValueTest:
    """Return the test of <, <=, > and >=."""
    compare = _COMPARISONS[value.op]
    if isinstance(value.number, SigmaTimestampPart):
        return _by_text(str(value.number), _time_part(value.number, compare))
    return _by_text(str(value.number), _compared(value.number.number, compare))


def _by_text(told: str, fits: Callable[[str], bool]) -> ValueTest:
    """Return a test that judges texts of digits and signs, whose letter case means nothing."""
    return ValueTest(told, lambda found: fits(found.low), fits)


def _compared(wanted: Number, compare: Callable[[Number, Number], bool]) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        number = number_of(text)
        return number is not None and compare(number, wanted)

    return fits


def number_of(text: str) -> Number | None:
    """Return the number that a text is, or None."""
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _time_part(wanted: SigmaTimestampPart, compare: Callable[[Number, Number], bool]) -> Callable[[str], bool]:
    part_of = _TIME_PARTS[wanted.timestamp_part]

    def fits(text: str) -> bool:
        moment = _moment(text)
        return moment is not None and compare(part_of(moment), wanted.number)

    return fits


def _moment(text: str) -> datetime | None:
    """Return a time in UTC; one without a zone is in UTC."""
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def flag_test(value: SigmaBool) -> ValueTest:
    """Return the test of true or false, which the same as text fits too."""
    wanted = "true" if value.boolean else "false"
    return ValueTest(wanted, lambda found: found.low == wanted, wanted.__eq__, wanted)


def network_test(value: SigmaCIDRExpression) -> ValueTest:
    """Return the test of a network, which addresses in it fit, with a port too."""
    network = value.network

    def fits(text: str) -> bool:
        address = _address(text) if len(text) <= _LONGEST_ADDRESS else None
        return address is not None and address.version == network.version and address in network

    return _by_text(str(network), fits)


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address in `10.0.0.1`, `10.0.0.1:443`, `[::1]:443` or `::ffff:10.0.0.1`."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
