"""What needs attention first: findings told from how the connectors stand, most urgent first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from app.collection.health import Standing
from app.collection.windows import SWEEP_EVERY
from app.connectors import get_connector
from app.console.connector_words import ALARMING, number, secret_expires_on, span
from app.console.parts import moment
from app.events.event import Severity
from app.storage.connectors import ConnectorRow

Level = Literal["ok", "warning", "error"]

_EXPIRY_DAYS = 30
_GAP_TOLD = timedelta(days=7)
# Beyond what the lags explain: two sweeps that should have settled it, and an hour.
_UNSETTLED_LONG = 2 * SWEEP_EVERY + timedelta(hours=1)


@dataclass(frozen=True)
class Watched:
    """A connector, and how its stream stands."""

    row: ConnectorRow
    standing: Standing

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/connectors/{self.row.id}"


@dataclass(frozen=True)
class Attention:
    """One thing that needs a person. path: the page that shows it, named by `link`; empty for none."""

    level: Level
    message: str
    remedy: str = ""
    path: str = ""
    link: str = ""


@dataclass(frozen=True)
class Around:
    """What else is known. alarms: events of the last 24 hours by severity; quarantined: records."""

    collecting: bool
    alarms: Mapping[Severity, int]
    quarantined: int


def attention(watched: Iterable[Watched], around: Around, now: datetime) -> list[Attention]:
    """Return what needs attention, most urgent first; nothing when everything is covered."""
    enabled = [each for each in watched if each.row.enabled]
    found = [
        *_nobody_collects(enabled, around),
        *(finding for each in enabled for finding in _health(each, around, now)),
        *_alarms(around),
        *(finding for each in enabled for finding in _expiry(each, now)),
        *(finding for each in enabled for finding in _ledger(each, now)),
        *_quarantine(around),
        *_unknown_expiry(enabled),
    ]
    return sorted(found, key=lambda finding: finding.level != "error")


def _nobody_collects(enabled: list[Watched], around: Around) -> Iterator[Attention]:
    if enabled and not around.collecting:
        yield Attention(
            "error",
            "Nobody collects: no worker of AiSOC is alive, so no connector is polled.",
            "Start one with aisoc serve. What happens meanwhile is read when it runs again.",
        )


def _health(each: Watched, around: Around, now: datetime) -> Iterator[Attention]:
    health, name = each.standing.health, each.row.name
    if health.state == "failing" and health.error:
        since = f"{name} has been failing since {moment(health.since, now)}: {health.error['message']}"
        yield Attention("error", since, health.error["remedy"], each.path, f"Open {name}")
    elif health.state == "behind" and around.collecting and health.covered_until:
        yield Attention(
            "warning",
            f"{name} is {span(health.behind)} behind: nothing later than {moment(health.covered_until, now)} was read.",
            "A long poll may still be under way; its page shows it.",
            each.path,
            f"Open {name}",
        )


def _alarms(around: Around) -> Iterator[Attention]:
    counted = [(severity, around.alarms.get(severity, 0)) for severity in reversed(ALARMING)]
    told = " and ".join(f"{count:,} {severity.value}" for severity, count in counted if count)
    total = sum(count for _, count in counted)
    if total:
        yield Attention(
            "warning",
            f"{told} {'event' if total == 1 else 'events'} in the last 24 hours.",
            "Look at who did what, and whether it was expected.",
            f"/events?q={quote('severity>=high since:24h')}",
            "Open them",
        )


def _expiry(each: Watched, now: datetime) -> Iterator[Attention]:
    expires, name = secret_expires_on(each.row.config), each.row.name
    if expires is None:
        return
    left = (expires - now.date()).days
    remedy = "Make a new secret at the app registration and give it with Rotate secret."
    if left < 0:
        ago = number(-left, "day")
        yield Attention("error", f"The secret of {name} expired {ago} ago.", remedy, each.path, f"Open {name}")
    elif left <= _EXPIRY_DAYS:
        soon = "today" if left == 0 else f"in {number(left, 'day')}, on {expires:%d %b %Y}"
        yield Attention("warning", f"The secret of {name} expires {soon}.", remedy, each.path, f"Open {name}")


def _unknown_expiry(enabled: list[Watched]) -> Iterator[Attention]:
    """Tell of all connectors at once whose secret's end nobody told."""
    unknown = [each for each in enabled if _could_tell(each.row) and secret_expires_on(each.row.config) is None]
    if unknown:
        names = ", ".join(each.row.name for each in unknown[:3])
        more = f" and {len(unknown) - 3:,} more" if len(unknown) > 3 else ""
        only = unknown[0]
        yield Attention(
            "warning",
            f"Nobody told when the secret of {names}{more} expires, so AiSOC cannot warn before.",
            "Copy the date from the app registration and give it with Edit.",
            only.path if len(unknown) == 1 else "/connectors",
            f"Open {only.row.name}" if len(unknown) == 1 else "Open connectors",
        )


def _could_tell(row: ConnectorRow) -> bool:
    return "client_secret_expires_on" in get_connector(row.type).Config.model_fields


def _ledger(each: Watched, now: datetime) -> Iterator[Attention]:
    """Tell of gaps found lately, and of time that stays unsettled for longer than its lags explain."""
    coverage, name = each.standing.ledger.coverage, each.row.name
    if coverage is None:
        return
    told_since = now - get_connector(each.row.type).streams[0].retention - _GAP_TOLD
    for gap in coverage.gaps:
        if gap.window.until >= told_since and gap.reason == "outage_longer_than_retention":
            lost = f"{moment(gap.window.since, now)} to {moment(gap.window.until, now)}"
            yield Attention(
                "warning",
                f"{name} can never read {lost}: the source no longer keeps it.",
                "An export of that time can be read with aisoc ingest.",
                each.path,
                f"Open {name}",
            )
    settled, widths = coverage.settled_until, each.standing.ledger.widths
    usual = widths.longest_lag + timedelta(seconds=each.row.config["poll_interval_seconds"]) + _UNSETTLED_LONG
    if each.standing.health.state == "healthy" and widths.sweep and settled and now - settled > usual:
        yield Attention(
            "warning",
            f"{name} has read nothing again since {moment(settled, now)}: late events of that time may be missing.",
            "Run a sweep; its page has the button.",
            each.path,
            f"Open {name}",
        )


def _quarantine(around: Around) -> Iterator[Attention]:
    total = around.quarantined
    if total:
        kept = "is kept with its bytes" if total == 1 else "are kept with their bytes"
        yield Attention(
            "warning",
            f"{number(total, 'record')} could not be understood and {kept} in quarantine.",
            "Upgrade AiSOC or report them; they can be tried again.",
            "/quarantine",
            "Open quarantine",
        )
