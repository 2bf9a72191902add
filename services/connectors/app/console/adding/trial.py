"""The connection test on the page: findings as they come, a way to cancel, and what they come to."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from app.collection.manage import probe_config
from app.connectors.base import Connector, Finding, TestReport
from app.console.parts import finding as draw_finding
from app.console.parts import panel
from app.console.view import View

OnGreen = Callable[[dict[str, Any]], Awaitable[None]]


class Trial:
    """The panel of the connection test. green: whether what stands in the form was tested, and can collect."""

    def __init__(self, view: View, connector: Connector, on_green: OnGreen) -> None:
        self._view, self._connector, self._on_green = view, connector, on_green
        self._task: asyncio.Task[TestReport] | None = None
        self._tested: dict[str, Any] | None = None
        with panel("Connection test") as self._panel:
            self._list = (
                ui.element("div").classes("findings").props('role="log" aria-label="Findings" aria-live=polite')
            )
            with ui.row().classes("running") as self._running:
                ui.spinner(size="1.3em")
                self._doing = ui.label()
                ui.button("Cancel", on_click=self.cancel, color=None).props("flat dense")
        self._running.visible = False
        self._panel.visible = False

    def green(self, values: dict[str, Any]) -> bool:
        """Whether exactly these values were tested and can collect."""
        return self._tested == values

    async def run(self, values: dict[str, Any]) -> None:
        """Test a configuration. Raises InvalidInput where it cannot be one."""
        self.cancel()
        service = await self._view.service()
        self._begin()
        self._task = task = asyncio.create_task(
            probe_config(service, self._connector.id, json.dumps(values), self._found)
        )
        try:
            report = await task
        except asyncio.CancelledError:
            if not task.cancelled():
                task.cancel()
                raise
            self._say("warning", "The test was cancelled.", "Nothing was stored.")
            return
        except Exception:
            self._panel.visible = False
            raise
        finally:
            self._running.visible = False
        await self._conclude(report, values)

    def cancel(self) -> None:
        """Stop a test that is under way."""
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._tested = None
        self._list.clear()
        self._doing.text = f"Signing in and asking for one entry of {self._connector.name}…"
        self._running.visible = self._panel.visible = True

    def _found(self, found: Finding) -> None:
        with self._list:
            draw_finding(found.level, found.message, found.remedy)
            if found.level != "ok":
                ui.label(f"{found.code} · docs/errors.md").classes("quiet small mono finding-code")
        self._doing.text = "Looking further…"

    async def _conclude(self, report: TestReport, values: dict[str, Any]) -> None:
        if not report.ok:
            with self._list:
                ui.label("It could not collect like this: do what stands above, then test again.").classes("strong")
            return
        self._tested = values
        self._say("ok", "The connection works.", "Save it, and the first events come.")
        await self._on_green(values)

    def _say(self, level: str, what: str, then: str) -> None:
        with self._list:
            draw_finding(level, what, then)
