"""What is said about a connector, in plain sentences: how it stands, what its polls and readings did."""

from datetime import date, datetime, timedelta
from typing import Any

from app.collection.coverage import Coverage
from app.collection.health import Health, Standing
from app.collection.lags import BOUNDS, MEASURED_DAYS, Lags
from app.collection.windows import Widths
from app.connectors.base import CollectionConfig, Window
from app.console.parts import age, moment
from app.events.event import Severity
from app.storage.connectors import ConnectorRow
from app.storage.readings import ReadingRow

KIND_WORDS = {"poll": "Poll", "sweep": "Sweep", "audit": "Audit", "backfill": "Backfill"}
STATE_WORDS = {
    "waiting": "waits for a worker",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
}
GAP_WORDS = {
    "older_than_retention": "older than what the source keeps when it was asked for",
    "outage_longer_than_retention": "not read for longer than the source keeps it",
}
_CHANGES = {
    "connector.add": "added it",
    "connector.update": "changed",
    "connector.enable": "resumed it",
    "connector.disable": "paused it",
    "reading.stop": "stopped a",
}
# From so many of a unit on, parts of one say nothing more.
_ROUNDED_FROM = 10
_HARDLY = timedelta(minutes=15)
ALARMING = (Severity.HIGH, Severity.CRITICAL)


def number(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 event`, `2,000 events`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def when(at: datetime, now: datetime) -> str:
    """Return when something is due: `now`, or `in 3 min`."""
    return "now" if at <= now else f"in {age(at - now)}"


def covered(health: Health, now: datetime) -> str:
    """Return up to where a connector has read everything: `Covered to 10:42`."""
    return f"Covered to {moment(health.covered_until, now)}" if health.covered_until else "Nothing read completely yet"


def next_poll(health: Health, now: datetime) -> str:
    """Return when a connector is polled next, as a phrase."""
    if health.next_try is None:
        return "Paused"
    return "Due now" if health.next_try <= now else f"Next poll {when(health.next_try, now)}"


def standing_words(standing: Standing, late: int, now: datetime) -> str:
    """Return how a connector's stream stands. late: events that came late today and were recovered."""
    health, coverage = standing.health, standing.ledger.coverage
    if health.covered_until is None:
        return "Nothing was read completely yet."
    told = f"Covered to {moment(health.covered_until, now)} UTC"
    if health.settled_until is not None:
        told += f", settled to {moment(health.settled_until, now)}: before that, no late event is expected"
    told += (
        f". {number(late, 'event')} came late today and {'was' if late == 1 else 'were'} recovered." if late else "."
    )
    if coverage is not None and coverage.missing:
        unread = sum((window.until - window.since for window in coverage.missing), timedelta())
        told += f" Of what somebody asked for, {span(unread)} are not read yet: a backfill reads them."
    return told


def health_words(health: Health, now: datetime) -> str:
    """Return what a person should know of a connector that is not healthy; empty for one that is."""
    if health.state == "paused":
        return "It is paused: nothing is read until it is resumed. What happens meanwhile is read then."
    if health.state == "failing":
        since = f"Failing since {moment(health.since, now)}"
        return f"{since}; tried again {when(health.next_try, now)}." if health.next_try else f"{since}."
    if health.state == "behind":
        if health.covered_until is None:
            return "The first poll has not ended yet."
        return f"{span(health.behind)} behind: nothing later than {moment(health.covered_until, now)} was read."
    return ""


def span(time: timedelta) -> str:
    """Return a span of time as people say it: `5 minutes`, `1 hour`, `2.5 days`."""
    seconds = time.total_seconds()
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = seconds / size
            told = f"{count:,.0f}" if count >= _ROUNDED_FROM else f"{count:.1f}".removesuffix(".0")
            return f"{told} {unit if told == '1' else unit + 's'}"
    return number(round(seconds), "second")


def lag_words(lags: Lags, widths: Widths) -> str:
    """Return how late events become readable, and what follows for how far is read back."""
    if not lags.events:
        return f"No event of the last {MEASURED_DAYS} days told when it became readable, so the lags are not known yet."
    measured = (
        f"Of {number(lags.events, 'event')} of the last {MEASURED_DAYS} days, half became readable within "
        f"{span(lags.percentile(0.5))} and 95 % within {span(lags.percentile(0.95))}; "
        f"the latest took {span(lags.longest)}."
    )
    sweep = f"and each sweep {span(widths.sweep)}" if widths.sweep else "and sweeps are off"
    return f"{measured} So each poll reads the last {span(widths.overlap)} again, {sweep}."


def lag_bars(counts: tuple[int, ...]) -> list[tuple[str, int]]:
    """Return the buckets from the first to the last that has events: the upper end in words, and the events."""
    used = [place for place, count in enumerate(counts) if count]
    if not used:
        return []
    return [(_bound(place), counts[place]) for place in range(used[0], used[-1] + 1)]


def _bound(place: int) -> str:
    return age(timedelta(seconds=BOUNDS[place])) if place < len(BOUNDS) else "longer"


def reading_title(reading: ReadingRow, now: datetime) -> str:
    """Return what was asked for, by whom and when."""
    since = f" since {moment(reading.since, now)}" if reading.since else ""
    return (
        f"{KIND_WORDS[reading.kind]}{since}, asked for by {reading.requested_by} at {moment(reading.requested_at, now)}"
    )


def reading_share(reading: ReadingRow) -> float | None:
    """Return which part of a backfill is done, 0 to 1; None where that is not known."""
    told = reading.progress or {}
    if "slices" not in told:
        return None
    return told["slices_done"] / told["slices"] if told["slices"] else 1.0


def reading_words(reading: ReadingRow, now: datetime) -> str:
    """Return how far a reading is, or how it ended."""
    told = reading.progress or {}
    parts = [_slices(told), _counts(told)]
    if reading.state == "running":
        parts += [_pace(reading, now), _waiting(told)]
    elif reading.started_at and reading.finished_at:
        parts.append(f"took {age(reading.finished_at - reading.started_at)}")
    said = "; ".join(part for part in parts if part)
    state = STATE_WORDS[reading.state].capitalize()
    return f"{state}: {said}." if said else f"{state}."


def _slices(told: dict[str, Any]) -> str:
    if "slices" not in told:
        return ""
    if not told["slices"]:
        return "all of it was read before"
    return f"{told['slices_done']:,} of {number(told['slices'], 'part')} read"


def _counts(told: dict[str, Any]) -> str:
    if not told.get("events_read"):
        return "nothing new so far" if told else ""
    return f"{number(told['events_read'], 'event')} read, {told['events_added']:,} new"


def _pace(reading: ReadingRow, now: datetime) -> str:
    """Return how fast a reading is and how long it takes still, once that can be told."""
    told, began = reading.progress or {}, reading.started_at
    if began is None or now <= began:
        return ""
    elapsed = now - began
    parts = [f"{told['events_read'] / elapsed.total_seconds():,.0f} events a second"] if told.get("events_read") else []
    if told.get("slices_done"):
        left = elapsed / told["slices_done"] * (told["slices"] - told["slices_done"])
        parts.append(f"about {age(left)} left")
    return ", ".join(parts)


def _waiting(told: dict[str, Any]) -> str:
    until = told.get("waiting_until")
    return f"waiting until {datetime.fromisoformat(until):%H:%M:%S}, as the source asked" if until else ""


def poll_window(poll: dict[str, Any], now: datetime) -> str:
    """Return the window that a poll read."""
    if poll["window_since"] is None:
        return "none"
    return f"{moment(poll['window_since'], now)} to {moment(poll['window_until'], now)}"


def secret_expires_on(config: dict[str, Any]) -> date | None:
    """Return when a connector's secret expires, as far as somebody told."""
    told = config.get("client_secret_expires_on")
    return date.fromisoformat(told) if told else None


def settings_words(row: ConnectorRow, form: type[CollectionConfig]) -> list[tuple[str, str]]:
    """Return a connector's settings as names and values for people; secrets only as that they are stored."""
    fields = sorted(form.model_fields.items(), key=lambda field: field[0] in CollectionConfig.model_fields)
    return [(field.title or name, _setting(row.config, name)) for name, field in fields]


def _setting(config: dict[str, Any], name: str) -> str:
    if name not in config:
        return "stored, encrypted"
    return "not told" if config[name] is None else _amount(name, config[name])


def _amount(name: str, value: Any) -> str:
    """Return a setting's value with the unit that its name ends with."""
    unit = name.rsplit("_", 1)[-1]
    if isinstance(value, int) and unit in {"seconds", "minutes", "hours"}:
        return span(timedelta(**{unit: value})) if value else f"0 {unit}"
    return str(value)


def change_words(change: dict[str, Any]) -> str:
    """Return who changed what, from an entry of the audit log."""
    action, facts = change["action"], change["facts"]
    said = _CHANGES.get(action, action)
    if action == "connector.update":
        said += f" {', '.join(sorted(facts)) or 'nothing'}"
    elif action == "reading.stop":
        said += f" {facts.get('kind', 'reading')}"
    elif action.startswith("reading."):
        said = f"asked for a {action.removeprefix('reading.')}"
    via = "" if change["via"] == change["actor"] else f" ({change['via']})"
    return f"{change['actor']} {said}{via}"


def read_already(coverage: Coverage | None, window: Window) -> str:
    """Return how much of a time was read already, before a backfill of it."""
    whole = window.until - window.since
    read = coverage.read_in(window) if coverage else timedelta()
    if read <= timedelta():
        return f"Nothing of these {span(whole)} was read yet."
    left = whole - read
    if left < _HARDLY:
        return f"All of these {span(whole)} was read already. A backfill has nothing to do."
    return f"{span(read)} of these {span(whole)} were read already; the other {span(left)} will be read."
