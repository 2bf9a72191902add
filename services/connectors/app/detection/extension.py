"""What our own key `aisoc:` in a Sigma rule says: how alerts read, what to do next, and first-seen conditions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sigma.correlations import SigmaCorrelationTimespan
from sigma.exceptions import SigmaTimespanError

from app.detection.rules import FirstSeen
from app.detection.vocabulary import known_field
from app.detection.yaml_documents import Mistake, Path

_KEYS = {"title", "why", "next_steps", "first_seen", "alerts"}
_FIRST_SEEN_KEYS = {"group-by", "field", "timespan"}
_LONGEST_FIRST_SEEN = timedelta(days=400)
_WHERE: Path = ("aisoc",)
_BRACES = re.compile(r"\{[^{}]*\}")
_FACT = re.compile(r"\{(?:aisoc\.)?[a-z][a-z0-9_]*\}")


@dataclass(frozen=True)
class Extension:
    """What `aisoc:` says; alerts is None where it says nothing of them."""

    alert_title: str | None = None
    why: str = ""
    next_steps: tuple[str, ...] = ()
    first_seen: FirstSeen | None = None
    alerts: bool | None = None


def extension_of(told: Any) -> Extension:
    """Return what the value of `aisoc:` says; None says nothing. Raises Mistake."""
    if told is None:
        return Extension()
    _check_keys(told, _KEYS, _WHERE)
    alerts = told.get("alerts")
    if alerts is not None and not isinstance(alerts, bool):
        raise Mistake("`aisoc: alerts` is true or false.", (*_WHERE, "alerts"))
    return Extension(
        alert_title=_title(told.get("title")),
        why=text_of(told.get("why"), (*_WHERE, "why")),
        next_steps=texts_of(told.get("next_steps"), (*_WHERE, "next_steps")),
        first_seen=_first_seen(told.get("first_seen")),
        alerts=alerts,
    )


def _check_keys(told: Any, known: set[str], path: Path) -> None:
    name = ": ".join(map(str, path))
    if not isinstance(told, dict):
        raise Mistake(f"`{name}` is a mapping of {', '.join(sorted(known))}.", path)
    for key in told:
        if key not in known:
            raise Mistake(f"`{name}` knows no {key!r}; it knows {', '.join(sorted(known))}.", (*path, key))


def text_of(told: Any, path: Path) -> str:
    """Return a text, "" where there is none. Raises Mistake."""
    if told is None:
        return ""
    if not isinstance(told, str):
        raise Mistake(f"`{path[-1]}` is a text.", path)
    return told.strip()


def texts_of(told: Any, path: Path) -> tuple[str, ...]:
    """Return a list of texts, or the one text. Raises Mistake."""
    if told is None:
        return ()
    if isinstance(told, str):
        return (told.strip(),)
    if not isinstance(told, list) or not all(isinstance(element, str) for element in told):
        raise Mistake(f"`{path[-1]}` is a list of texts.", path)
    return tuple(element.strip() for element in told)


def _title(told: Any) -> str | None:
    """Return an alert's title with names in braces."""
    path = (*_WHERE, "title")
    title = text_of(told, path)
    for name in _BRACES.findall(title):
        if not _FACT.fullmatch(name):
            raise Mistake(f"The title has {name}: in braces stands the name of a fact, such as {{actor}}.", path)
    if set(_BRACES.sub("", title)) & set("{}"):
        raise Mistake("A brace of the title has no partner.", path)
    return title or None


def _first_seen(told: Any) -> FirstSeen | None:
    if told is None:
        return None
    path = (*_WHERE, "first_seen")
    _check_keys(told, _FIRST_SEEN_KEYS, path)
    group_by = texts_of(told.get("group-by"), (*path, "group-by"))
    if not group_by:
        raise Mistake("`first_seen` needs `group-by`, such as [aisoc.actor].", path)
    field = text_of(told.get("field"), (*path, "field"))
    check_fields(group_by, (*path, "group-by"))
    check_fields([field], (*path, "field"))
    return FirstSeen(
        group_by=group_by,
        field=field or None,
        timespan=timespan_of(told.get("timespan"), (*path, "timespan"), _LONGEST_FIRST_SEEN),
    )


def check_fields(fields: Iterable[str], path: Path) -> None:
    """Raise Mistake where a field of our own is none."""
    for field in fields:
        if not known_field(field):
            raise Mistake(
                f"There is no field {field!r}: see the fields that begin with aisoc. in the documentation.", path
            )


def timespan_of(told: Any, path: Path, longest: timedelta) -> timedelta:
    """Return a timespan such as 30m, 12h or 7d. Raises Mistake."""
    if told is None:
        raise Mistake("A timespan is missing, such as `timespan: 1h`.", path[:-1])
    try:
        seconds = SigmaCorrelationTimespan(told).seconds
    except SigmaTimespanError:
        raise Mistake(
            f"The timespan {told!r} cannot be read: write a number and s, m, h, d, w, M or y, such as 30m.", path
        ) from None
    if seconds > longest.total_seconds():
        raise Mistake(f"The timespan {told} is longer than {longest.days} days.", path)
    return timedelta(seconds=seconds)
