"""The picture of a connector's coverage: a strip of time with a legend, and the same as a list."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from nicegui import ui

from app.collection.coverage import Coverage
from app.connectors.base import Window
from app.console.connector_words import GAP_WORDS, span
from app.console.live import Region
from app.console.parts import moment, tag
from app.console.strip import LEGEND, Segment, Tick, segments, ticks
from app.console.watching import minute_of

_SPANS = {1: "24 hours", 7: "7 days", 90: "90 days"}
_LISTED = 12


class CoverageStrip:
    """The strip, over a time that can be chosen."""

    def __init__(self, can_read: bool, backfill: Callable[[], Awaitable[None]]) -> None:
        self._can_read, self._backfill = can_read, backfill
        self._days = 7
        self._known: tuple[Coverage | None, datetime] | None = None
        spans = ui.toggle(_SPANS, value=self._days, on_change=lambda change: self._choose(change.value))
        spans.props('dense no-caps unelevated aria-label="Time shown"').classes("spans")
        self._strip = Region(_draw_strip)
        self._list = Region(self._draw_list)

    def show(self, coverage: Coverage | None, now: datetime) -> None:
        """Show what of the time until now was read."""
        self._known = coverage, now
        until = minute_of(now)
        window = Window(until - timedelta(days=self._days), until)
        pieces = segments(coverage, window)
        self._strip.show(tuple(pieces), tuple(ticks(window)), _SPANS[self._days], until)
        self._list.show(tuple(_lines(pieces, coverage)), until)

    def _choose(self, days: int) -> None:
        self._days = days if days in _SPANS else self._days
        if self._known is not None:
            self.show(*self._known)

    def _draw_list(self, lines: tuple[tuple[Segment, str], ...], now: datetime) -> None:
        with ui.element("ul").classes("pieces").props('aria-label="Coverage as a list, newest first"'):
            for piece, why in lines[:_LISTED]:
                with ui.element("li"):
                    ui.element("span").classes(f"swatch piece-{piece.kind}").props('aria-hidden="true"')
                    ui.label(f"{_piece_words(piece, now)}{why}").classes("wrap")
        if len(lines) > _LISTED:
            ui.label(f"And {len(lines) - _LISTED:,} earlier pieces.").classes("quiet small")
        if self._can_read and any(piece.kind in {"unread", "unasked"} for piece, _ in lines):
            ui.button("Read the past …", icon="history", on_click=self._backfill).props("flat dense").classes(
                "inline-button"
            )


def _draw_strip(pieces: tuple[Segment, ...], marks: tuple[Tick, ...], shown: str, now: datetime) -> None:
    with ui.element("div").classes("strip").props("role=img") as strip:
        strip.props["aria-label"] = f"Coverage of the last {shown}; the list below says the same."
        for piece in pieces:
            drawn = ui.element("div").classes(f"piece piece-{piece.kind}")
            drawn.style(f"left: {piece.left:.4f}%; width: {piece.width:.4f}%")
            drawn.props["title"] = _piece_words(piece, now)
    with ui.element("div").classes("strip-ticks").props('aria-hidden="true"'):
        for mark in marks:
            ui.label(mark.label).style(f"left: {mark.left:.4f}%").classes("tick")
    with ui.element("ul").classes("legend").props('aria-label="Legend"'):
        for kind in dict.fromkeys(piece.kind for piece in pieces):
            with ui.element("li"):
                ui.element("span").classes(f"swatch piece-{kind}").props('aria-hidden="true"')
                tag("span", LEGEND[kind])


def _lines(pieces: list[Segment], coverage: Coverage | None) -> list[tuple[Segment, str]]:
    """Return the pieces with why each gap is one, newest first."""
    reasons = [(gap.window, GAP_WORDS[gap.reason]) for gap in coverage.gaps] if coverage else []
    return [
        (
            piece,
            next((f", {why}" for window, why in reasons if piece.kind == "gap" and _meet(window, piece.window)), ""),
        )
        for piece in reversed(pieces)
    ]


def _meet(one: Window, other: Window) -> bool:
    return one.since < other.until and other.since < one.until


def _piece_words(piece: Segment, now: datetime) -> str:
    window = piece.window
    until = "now" if window.until >= now else moment(window.until, now)
    return f"{LEGEND[piece.kind]}: {moment(window.since, now)} to {until} ({span(window.until - window.since)})"
