"""Small parts that several pages draw."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from nicegui import ui

from app.events.event import Severity

HEALTH_WORDS = {
    "healthy": ("check_circle", "Healthy"),
    "behind": ("schedule", "Behind"),
    "failing": ("error", "Failing"),
    "paused": ("pause_circle", "Paused"),
}
_LEVEL_ICONS = {"ok": "check_circle", "warning": "warning", "error": "error"}


def tag(name: str, text: str, classes: str = "") -> ui.element:
    """Draw an HTML element that holds a text, which is escaped."""
    element = ui.element(name).classes(classes)
    with element:
        ui.label(text).classes("inline")
    return element


@contextmanager
def titled(title: str) -> Iterator[None]:
    """Draw a page's title; the block draws what stands beside it, buttons mostly."""
    with ui.element("div").classes("title-line"):
        tag("h1", title)
        yield


@contextmanager
def panel(title: str = "") -> Iterator[ui.element]:
    """Draw a panel with a heading, and what the block draws within it."""
    with ui.element("section").classes("panel") as drawn:
        if title:
            tag("h2", title)
        yield drawn


def finding(level: str, message: str, remedy: str = "", link: tuple[str, str] | None = None) -> None:
    """Draw what was found, ok, warning or error, and what to do about it. link: text and address of one to follow."""
    with ui.element("div").classes(f"finding level-{level}"):
        ui.icon(_LEVEL_ICONS[level])  # which Quasar hides from screen readers, so that they need the word
        ui.label(f"{level}:").classes("unseen")
        with ui.element("div"):
            ui.label(message).classes("wrap")
            if remedy:
                ui.label(remedy).classes("quiet small wrap")
        if link is not None:
            ui.link(*link).classes("finding-link")


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Draw names and values beside each other."""
    with ui.element("dl").classes("facts"):
        for name, value in pairs:
            tag("dt", name)
            tag("dd", value)


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
