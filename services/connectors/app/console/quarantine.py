"""Quarantine: records that could not be understood, with their bytes and the reason, and another try."""

from datetime import datetime
from functools import partial
from uuid import UUID

from nicegui import ui

from app.clock import iso
from app.collection.quarantine import Retried, retry_quarantine, retry_record
from app.console.connector_words import number
from app.console.live import Region, text
from app.console.pages import page
from app.console.parts import empty, moment, panel, titled
from app.console.view import View
from app.security.roles import Role
from app.storage.quarantine import Place, Quarantined, list_quarantined, read_quarantined_raw
from app.storage.totals import count_quarantined

_STEP = 25
_SHOWN_BYTES = 20_000


@page("/quarantine", "Quarantine")
async def quarantine(view: View) -> None:
    """Draw the records in quarantine, those that came last first."""
    await _Quarantine(view).refresh()


class _Quarantine:
    """The page's parts."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._last: Place | None = None
        with titled("Quarantine"), ui.element("div").classes("buttons"):
            self._all = ui.button("Try all again", icon="replay", on_click=self._retry_all).props("unelevated")
        ui.label(
            "Records that could not be understood when they came. Nothing of them is lost: after an update of AiSOC, "
            "try them again."
        ).classes("quiet wrap")
        with panel():
            self._said = ui.label().classes("strong").props("role=status")
            self._list = ui.element("div").classes("held-list")
            self._more = ui.button("Show more", on_click=self._next).props("flat").classes("inline-button")

    async def refresh(self) -> None:
        """Show the list from its beginning."""
        self._last = None
        self._list.clear()
        await self._next()

    async def _next(self) -> None:
        service = await self._view.service()
        async with service.engine.connect() as connection:
            records = await list_quarantined(connection, _STEP + 1, self._last)
            total = await count_quarantined(connection)
        with self._list:
            for record in records[:_STEP]:
                self._draw(record, service.clock.now())
            if not total:
                empty("verified", "Every record was understood", "What cannot be understood is kept here.")
        self._last = Place(records[_STEP - 1].stored_at, records[_STEP - 1].id) if len(records) > _STEP else None
        self._more.set_visibility(self._last is not None)
        self._said.set_visibility(total > 0)
        self._all.set_visibility(total > 0 and self._view.may(Role.ANALYST))
        text(self._said, f"{number(total, 'record')} not understood")

    def _draw(self, record: Quarantined, now: datetime) -> None:
        with ui.element("article").classes("held"):
            with ui.element("div").classes("held-top"):
                ui.label(record.reason).classes("strong wrap")
                if self._view.may(Role.ANALYST):
                    again = ui.button("Try again", on_click=partial(self._retry, record.id)).props("flat dense")
                    again.props["aria-label"] = f"Try the record {record.id} again"
            with ui.element("div").classes("held-meta quiet small"):
                ui.label(record.code).classes("mono")
                ui.label(f"from {record.connector}")
                ui.label(number(record.size, "byte"))
                at = ui.label(f"came {moment(record.stored_at, now)}")
                at.props["title"] = iso(record.stored_at)
                ui.link("Exact bytes", f"/api/v1/quarantine/{record.id}/raw").props("download")
            opened = ui.expansion("Show the record").props("dense expand-separator=false").classes("hunt-found")
            with opened:
                place = Region(_draw_bytes)
            opened.on_value_change(partial(self._show_bytes, record.id, place))

    async def _show_bytes(self, record_id: UUID, place: Region, change: object) -> None:
        if getattr(change, "value", False):
            service = await self._view.service()
            async with service.engine.connect() as connection:
                place.show(await read_quarantined_raw(connection, record_id.hex))

    async def _retry(self, record_id: UUID) -> None:
        service = await self._view.service()
        await self._tell(await retry_record(service, record_id))

    async def _retry_all(self) -> None:
        service = await self._view.service()
        self._all.props("loading")
        try:
            await self._tell(await retry_quarantine(service))
        finally:
            self._all.props(remove="loading")

    async def _tell(self, done: Retried) -> None:
        ui.notify(retried_words(done), type="warning" if done.kept else "positive", multi_line=True)
        await self.refresh()


def retried_words(done: Retried) -> str:
    """Return what became of records that were tried again."""
    parts = (
        (done.added, "became an event", "became events"),
        (done.duplicate, "was stored already", "were stored already"),
        (done.dropped, "is left out on purpose", "are left out on purpose"),
        (done.kept, "is still not understood", "are still not understood"),
    )
    told = [f"{count:,} {one if count == 1 else many}" for count, one, many in parts if count]
    return f"{number(done.tried, 'record')} tried: {', '.join(told)}." if told else "There was nothing to try."


def readable(raw: bytes) -> str:
    """Return bytes as text that can be looked at: what is no text, or steers a terminal, as its code; cut when long."""
    told = raw[:_SHOWN_BYTES].decode(errors="backslashreplace")
    safe = "".join(each if each.isprintable() or each in "\n\t" else f"\\u{ord(each):04x}" for each in told)
    return safe if len(raw) <= _SHOWN_BYTES else f"{safe}\n… ({len(raw):,} bytes in all; the download has them)"


def _draw_bytes(raw: bytes) -> None:
    with ui.element("pre").classes("raw held-bytes").props('tabindex=0 aria-label="The record as received"'):
        ui.label(readable(raw)).classes("inline")
