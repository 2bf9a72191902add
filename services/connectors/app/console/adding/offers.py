"""After a good test: what else the app can read, to be added in the same step."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nicegui import ui

from app.collection.manage import check_name, name_for
from app.collection.targets import Offer, list_offers
from app.connectors.base import Connector, Target, TellsTargets
from app.console.parts import finding, panel
from app.console.view import View
from app.errors import AisocError

_MOST = 500


class Offers:
    """The list of what else can be read. Each that is chosen is a target with the name of its connector-to-be."""

    def __init__(self, view: View, connector: Connector) -> None:
        self._view, self._connector = view, connector
        self._boxes: dict[str, tuple[ui.checkbox, ui.input, Target]] = {}
        self._place = ui.element("div").classes("offers")
        self._offers: list[Offer] = []
        self.own: Offer | None = None

    def clear(self) -> None:
        """Take the list away: it belongs to other credentials."""
        self._boxes.clear()
        self._place.clear()
        self._offers, self.own = [], None

    @property
    def boxes(self) -> list[ui.checkbox]:
        """The boxes that can be ticked."""
        return [box for box, _, _ in self._boxes.values()]

    def chosen(self) -> list[Target]:
        """Return what is chosen besides the form's own target. Raises InvalidInput (invalid_name)."""
        picked = [(name, target) for box, name, target in self._boxes.values() if box.value]
        return [replace(target, name=check_name((name.value or "").strip())) for name, target in picked]

    async def ask(self, values: dict[str, Any]) -> None:
        """Ask what the credentials can read, and which of it is the form's own target."""
        self.clear()
        if not isinstance(self._connector, TellsTargets):
            return
        service = await self._view.service()
        with self._place, ui.row().classes("running"):
            ui.spinner(size="1.3em")
            ui.label("Looking what else this app can read…")
        try:
            self._offers = await list_offers(service, self._connector.id, json.dumps(values))
            self._place.clear()
        except AisocError as error:
            self._place.clear()
            with self._place:
                finding("warning", f"What else this app can read cannot be told: {error.message}", error.remedy)
        own = str(values[self._connector.target_fields[0]]).strip().strip("{}").strip().lower()
        self.own = next((offer for offer in self._offers if offer.target.id.lower() == own), None)

    def draw(self, taken: set[str], on_change: Callable[[], None]) -> None:
        """Offer what else can be read. taken: names that connectors have, or will have."""
        others = [offer for offer in self._offers if offer is not self.own][:_MOST]
        with self._place:
            if self.own and self.own.watched_by:
                finding(
                    "warning",
                    f"{self.own.watched_by} reads this already.",
                    "Another connector stores no event twice, and uses up the same allowance of reads.",
                )
            if others:
                self._draw_list(others, set(taken), on_change)

    def _draw_list(self, others: list[Offer], taken: set[str], on_change: Callable[[], None]) -> None:
        with panel(f"This app can read {len(self._offers)} subscriptions"):
            if any(offer.watched_by is None for offer in others):
                with ui.row().classes("panel-line"):
                    ui.label("Add them all? Each gets a connector of its own with this app.").classes("grow")
                    ui.button("Choose all", on_click=self._choose_all, color=None).props("outline dense")
            else:
                ui.label("The others are watched already.").classes("quiet")
            for offer in others:
                self._offer(offer, taken, on_change)

    def _choose_all(self) -> None:
        for box in self.boxes:
            box.value = True

    def _offer(self, offer: Offer, taken: set[str], on_change: Callable[[], None]) -> None:
        target = offer.target
        with ui.element("div").classes("offer"):
            box = ui.checkbox(target.name, value=False, on_change=on_change)
            ui.label(target.id).classes("mono quiet small wrap")
            if target.state and target.state != "Enabled":
                ui.label(target.state).classes("chip severity-medium")
            if offer.watched_by is not None:
                box.disable()
                ui.label(f"watched by {offer.watched_by}").classes("chip severity-info")
                return
            taken.add(name := name_for(target.name, "", taken))
            field = ui.input(value=name).props("dense outlined").classes("offer-name")
            field.props["aria-label"] = f"Name of the connector for {target.name}"
            field.bind_visibility_from(box, "value")
            self._boxes[target.id] = (box, field, target)
