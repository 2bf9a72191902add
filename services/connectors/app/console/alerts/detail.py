"""One alert in full: what happened, what to do about it, and what was done; in the drawer and on its own page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from nicegui import ui

from app.console.alerts.acting import Acting
from app.console.alerts.blocks import draw_entities, draw_facts, draw_rule
from app.console.alerts.head import Acts, Standing, draw_standing
from app.console.alerts.history import History
from app.console.alerts.known_rules import rule_of
from app.console.alerts.story import Story
from app.console.alerts.suppress import ask_to_suppress
from app.console.live import Region
from app.console.view import View
from app.detection.alerts import AlertDetail, read_alert
from app.detection.rules import Rule
from app.security.roles import Role
from app.service import Service
from app.storage.alerts import Entity


@dataclass(frozen=True)
class Whole:
    """An alert with all that belongs to it. rule: None where no file has it, or the severity table made the alert."""

    detail: AlertDetail
    rule: Rule | None
    now: datetime


async def read_whole(service: Service, alert_id: UUID) -> Whole:
    """Read an alert. Raises NotFound (unknown_alert)."""
    detail = await read_alert(service, alert_id)
    return Whole(detail, await rule_of(service, detail.alert), service.clock.now())


class Detail:
    """The parts of an alert; each is drawn anew only when it changed. columns: whether there is room for two."""

    def __init__(self, view: View, acting: Acting, whole: Whole, *, columns: bool) -> None:
        self._view, self._acting, self.alert = view, acting, whole.detail.alert
        self._heading = "h2" if columns else "h3"
        self._may_work = view.may(Role.ANALYST)
        with ui.element("div").classes("alert-head"):
            self._head = Region(draw_standing, "alert-standing-now")
            self._acts = Acts(view, acting, lambda: self.alert, self._hold_back) if self._may_work else None
        with _box("alert-columns", there=columns):
            with _box("alert-column", there=columns):
                self._facts = self._block(draw_facts, columns=columns)
                if not columns:
                    self._rule = self._block(draw_rule, columns=columns)
                self._entities = self._block(self._draw_entities, columns=columns)
                self._story = Story(view, self._heading, _block_classes(columns=columns))
            with _box("alert-column", there=columns):
                if columns:
                    self._rule = self._block(draw_rule, columns=columns)
                self._history = History(acting, self._heading, _block_classes(columns=columns), may_work=self._may_work)
        self.show(whole)

    def show(self, whole: Whole) -> None:
        """Show the alert as it is."""
        self.alert = alert = whole.detail.alert
        # What people do with it changes nothing of what happened.
        happened = replace(alert, status="new", verdict=None, assignee=None, updated_at=alert.created_at)
        self._head.show(Standing.of(whole.detail, whole.now))
        if self._acts is not None:
            self._acts.show(alert)
        self._facts.show(self._heading, happened)
        self._rule.show(self._heading, happened, whole.rule)
        self._entities.show(self._heading, alert.entities)
        self._story.show(whole.detail)
        self._history.show(alert, whole.detail.changes, whole.now)

    def _block(self, draw: Callable[..., None], *, columns: bool) -> Region:
        return Region(draw, _block_classes(columns=columns))

    def _draw_entities(self, heading: str, entities: tuple[Entity, ...]) -> None:
        draw_entities(heading, entities, self._hold_back if self._may_work else None)

    async def _hold_back(self, entity: Entity | None = None) -> None:
        await ask_to_suppress(self._view, self._acting.done, self.alert, entity)


def _block_classes(*, columns: bool) -> str:
    return "panel alert-block" if columns else "alert-block"


@contextmanager
def _box(classes: str, *, there: bool) -> Iterator[None]:
    if not there:
        yield
        return
    with ui.element("div").classes(classes):
        yield
