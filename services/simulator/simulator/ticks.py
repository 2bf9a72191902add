"""Time as Azure writes it: 100-nanosecond .NET ticks, seven decimals in text, which a datetime cannot hold."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

SECOND = 10_000_000
_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:T(?P<time>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,7}))?(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


def utcnow() -> datetime:
    return datetime.now(UTC)


def from_datetime(at: datetime) -> int:
    """Ticks since year 1 of an aware datetime; a naive one raises TypeError."""
    since = at - _YEAR_ONE
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 10


def to_iso(ticks: int) -> str:
    """`2026-01-31T09:15:00.1234567Z`."""
    seconds, fraction = divmod(ticks, SECOND)
    return f"{(_YEAR_ONE + timedelta(seconds=seconds)).isoformat()[:19]}.{fraction:07d}Z"


def from_iso(text: str) -> int:
    """Ticks of an ISO 8601 date or time with up to seven decimals; no zone means UTC. Raises ValueError."""
    parts = _ISO.fullmatch(text)
    if parts is None:
        raise ValueError(f"'{text}' is not an ISO 8601 time")
    zone = parts["zone"] or "Z"
    base = datetime.fromisoformat(f"{parts['date']}T{parts['time'] or '00:00:00'}{zone}")
    return from_datetime(base) + int((parts["fraction"] or "").ljust(7, "0"))
