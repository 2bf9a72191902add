"""Small parts that several pages draw."""

from datetime import datetime, timedelta

from nicegui import ui

from app.events.event import Severity

HEALTH_WORDS = {
    "healthy": ("check_circle", "Healthy"),
    "behind": ("schedule", "Behind"),
    "failing": ("error", "Failing"),
    "paused": ("pause_circle", "Paused"),
}


def heading(text: str, level: int = 2) -> ui.element:
    """Draw a heading."""
    return text_element(f"h{level}", text)


def text_element(tag: str, text: str) -> ui.element:
    """Draw an HTML element that holds a text, escaped."""
    element = ui.element(tag)
    with element:
        ui.label(text).classes("inline")
    return element


def empty(icon: str, what: str, hint: str = "") -> None:
    """Say that there is nothing to show, and what to do about it."""
    with ui.column().classes("empty"):
        ui.icon(icon).props('aria-hidden="true"')
        ui.label(what).classes("strong")
        if hint:
            ui.label(hint).classes("quiet")


def severity_chip(severity: Severity) -> None:
    """Draw a severity as its word in its colour."""
    ui.label(severity.value).classes(f"chip severity-{severity.value}")


def health_chip(state: str) -> None:
    """Draw a connector's health as a word with a sign, so that it needs no colour."""
    icon, word = HEALTH_WORDS[state]
    with ui.row().classes(f"chip health-{state}"):
        ui.icon(icon).props('aria-hidden="true"')
        ui.label(word)


def moment(at: datetime | None, now: datetime) -> str:
    """Return a time as people say it, in UTC: `10:42` today, else `21 Nov 10:42`; `never` for None."""
    if at is None:
        return "never"
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%d %b %H:%M}"


def age(span: timedelta) -> str:
    """Return a span of time roughly: `40 s`, `12 min`, `3 h`, `5 d`."""
    seconds = round(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
