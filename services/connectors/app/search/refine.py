"""Searches made narrower by a click: only this actor, not that address, the hour of one bar."""

from datetime import UTC, datetime

from app.search.fields import FIELDS
from app.search.language import parse
from app.search.query import Match, Not, Search, Value, When

# What is written back holds ages as they were typed, so that any time will do to read them by.
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def with_term(text: str, field: str, value: str, *, negated: bool = False) -> str:
    """Return a search that finds only what has this very value in a field, or only what has not.

    An empty value stands for a field that is absent. Raises InvalidSearch when the text cannot be understood,
    KeyError for a field that there is not.
    """
    asked = FIELDS[field]
    condition = Match(asked, (Value((value,)),), exact=True) if value else Not(Match(asked, (Value(("", "")),)))
    negation = condition.part if isinstance(condition, Not) else Not(condition)
    return _rewritten(parse(text, _ANY_TIME).narrowed(negation if negated else condition))


def with_times(text: str, since: datetime | None, until: datetime | None) -> str:
    """Return a search of the time from since on and before until, in place of what it says about time as a whole.

    Raises InvalidSearch when the text cannot be understood.
    """
    search = parse(text, _ANY_TIME).without_times()
    bounds = [When("since", _written(since), since)] if since else []
    bounds += [When("until", _written(until), until)] if until else []
    return _rewritten(search.narrowed(*bounds))


def _rewritten(search: Search) -> str:
    """Return the search as text, which is itself understood. Raises InvalidSearch where it has become too long."""
    text = str(search)
    parse(text, _ANY_TIME)
    return text


def _written(moment: datetime) -> str:
    told = moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{told}Z"
