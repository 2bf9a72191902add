"""What clicks make of a search: another range of time, a severity more or less, a mistake put right."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from app.events.event import Severity
from app.search.language import parse
from app.search.mistakes import InvalidSearch
from app.search.query import Search, Severities, When

QUICK_RANGES = {"1h": "1 h", "24h": "24 h", "7d": "7 d", "30d": "30 d", "": "All"}
"""The ages that one click asks for, and how each is shown; empty: all time."""

# What is written back holds ages as they were typed, so that any time will do to read them by.
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def with_since(text: str, age: str) -> str:
    """Return the search of a time until now, in place of what it says about time. Raises InvalidSearch."""
    search = parse(text, _ANY_TIME).without_times()
    return str(search.narrowed(When("since", age, _ANY_TIME)) if age else search)


def quick_range(text: str) -> str | None:
    """Return which of QUICK_RANGES a search asks for; None for another range, or what cannot be understood."""
    try:
        times = [part for part in parse(text, _ANY_TIME).parts if isinstance(part, When)]
    except InvalidSearch:
        return None
    if not times:
        return ""
    age = times[0].typed.lower()
    return age if len(times) == 1 and times[0].bound == "since" and age in QUICK_RANGES else None


def chosen_severities(search: Search) -> set[Severity]:
    """Return the severities that a search as a whole is about."""
    chosen = set(Severity)
    for part in search.parts:
        if isinstance(part, Severities):
            chosen &= set(part.chosen)
    return chosen


def without_severities(search: Search) -> Search:
    """Return the search of all severities."""
    return Search(tuple(part for part in search.parts if not isinstance(part, Severities)))


def with_severity_switched(text: str, severity: Severity) -> str:
    """Return the search with a severity more or less; one without any would find nothing and asks for all.

    Raises InvalidSearch.
    """
    search = parse(text, _ANY_TIME)
    wanted = chosen_severities(search) ^ {severity}
    found = without_severities(search)
    if wanted and wanted != set(Severity):
        found = found.narrowed(Severities(":", tuple(each for each in Severity if each in wanted)))
    return str(found)


def corrected(text: str, error: InvalidSearch) -> str:
    """Return the search with what was probably meant in place of the mistake."""
    start, end = error.position
    return f"{text[:start]}{error.suggestion}{text[end:]}"


def around(at: datetime, span: timedelta) -> tuple[datetime, datetime]:
    """Return the time around a moment, in whole seconds."""
    whole = at.replace(microsecond=0)
    return whole - span, whole + span + timedelta(seconds=1)


def events_address(q: str = "", *, oldest_first: bool = False, event: UUID | None = None) -> str:
    """Return the address of the events page that shows a search, and an event beside it."""
    asked = {"q": q, "order": "oldest" if oldest_first else "", "event": str(event or "")}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/events?{query}" if query else "/events"
