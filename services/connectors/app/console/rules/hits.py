"""What a rule found, on its page: its alerts a day, and the latest of them."""

from datetime import date, datetime, timedelta

from nicegui import ui

from app.clock import iso
from app.console.alerts.asked import Asked
from app.console.alerts.words import STATUS_WORDS
from app.console.connector_words import number
from app.console.parts import severity_chip
from app.console.rules.figures import Listed
from app.storage.alert_queries import AlertRow
from app.storage.figures import Bar, Histogram
from app.storage.rule_hits import DAYS, first_day

_DAY = timedelta(days=1)


def histogram_of(each: Listed, now: datetime) -> Histogram:
    """Return a rule's alerts of 30 days as a chart's bars."""
    first = first_day(now)
    bars = tuple(
        Bar(first + number * _DAY, {each.rule.severity: count} if count else {})
        for number, count in enumerate(each.days)
    )
    return Histogram(_DAY, first, first + DAYS * _DAY, bars)


def days_in_words(each: Listed) -> str:
    """Return what the chart shows."""
    if not each.rule.alerts:
        return "It makes no alerts by itself: other rules count its matches."
    if not each.hits:
        return f"No alerts in the last {DAYS} days."
    days = sum(count > 0 for count in each.days)
    return f"{number(each.hits, 'alert')} in the last {DAYS} days, on {number(days, 'day')}; {each.waiting:,} open."


def alerts_address(rule_id: str) -> str:
    """Return the address of all alerts of a rule, the latest first."""
    return Asked(state="all", rule=rule_id, held="yes", order="newest").address


def draw_alerts(alerts: tuple[AlertRow, ...], today: date) -> None:
    """Draw the latest alerts, each with a link."""
    if not alerts:
        ui.label("None yet. A hunt finds what happened before the rule was there.").classes("quiet")
        return
    with ui.element("ul").classes("near rule-alerts"):
        for alert in alerts:
            with ui.element("li"):
                shown = (
                    f"{alert.last_time:%H:%M}" if alert.last_time.date() == today else f"{alert.last_time:%d %b %H:%M}"
                )
                at = ui.label(shown).classes("quiet small number")
                at.props["title"] = iso(alert.last_time)
                severity_chip(alert.severity)
                ui.link(alert.title, f"/alerts/{alert.id}").classes("wrap")
                ui.label(STATUS_WORDS[alert.status]).classes("quiet small")
    ui.link("All of them", alerts_address(alerts[0].rule_id)).classes("small")
