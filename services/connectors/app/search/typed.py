"""Times and severities as people type them, in searches and in options."""

import re
from datetime import UTC, datetime, timedelta

from app.errors import InvalidInput
from app.events.event import Severity

_AGO = re.compile(r"(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
TIME_FORMS = "Write a date (2026-05-01), a time (2026-05-01T10:00:00Z) or an age (30m, 24h, 7d)."


def parse_time(typed: str | None, now: datetime) -> datetime | None:
    """Read `2026-05-01`, `2026-05-01T10:00:00Z` (UTC unless it says otherwise) or an age like `24h`, `7d`.

    Raises InvalidInput (invalid_time).
    """
    if typed is None:
        return None
    try:
        if ago := _AGO.fullmatch(typed.strip()):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(typed.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("invalid_time", f"{typed!r} is not a time.", TIME_FORMS) from None


def parse_severities(typed: list[str]) -> tuple[Severity, ...]:
    """Read severities; `medium+` means medium and above. Raises InvalidInput (invalid_severity)."""
    chosen: set[Severity] = set()
    for word in typed:
        try:
            least = Severity(word.lower().removesuffix("+"))
        except ValueError:
            raise InvalidInput(
                "invalid_severity",
                f"{word!r} is not a severity.",
                f"Use {', '.join(Severity)}; a plus means that and above (medium+).",
            ) from None
        chosen |= {other for other in Severity if other.rank > least.rank} if word.endswith("+") else set()
        chosen.add(least)
    return tuple(sorted(chosen, key=lambda severity: severity.rank))
