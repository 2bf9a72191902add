"""The table of events: drawn by the browser, filled by the server as the reader scrolls."""

import json
from typing import Any

from nicegui import ui

from app.console.events.rows import BLOCK

_KEPT_BLOCKS = 50
_OPTIONS: dict[str, Any] = {
    "rowModelType": "infinite",
    "cacheBlockSize": BLOCK,
    "maxBlocksInCache": _KEPT_BLOCKS,
    "infiniteInitialRowCount": 1,
    "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": False},
    "suppressCellFocus": False,
    "suppressMultiSort": True,
    "tooltipShowDelay": 600,
    "headerHeight": 38,
    "defaultColDef": {"sortable": False, "resizable": True, "suppressHeaderMenuButton": True},
    ":columnDefs": "aisocEvents.columns()",
    ":rowHeight": "aisocEvents.rowHeight()",
    ":getRowId": "aisocEvents.rowId",
    ":datasource": "aisocEvents.datasource()",
    ":onGridReady": "aisocEvents.ready",
    ":onRowClicked": "aisocEvents.clicked",
    ":onCellKeyDown": "aisocEvents.pressed",
}


def events_table() -> ui.element:
    """Draw the table; its questions arrive as `aisoc_rows` and `aisoc_open`, static/events.js has its columns.

    What is returned is around the table: a change to the table itself would build it anew.
    """
    with ui.element("div").classes("events-place") as place:
        ui.aggrid(dict(_OPTIONS), auto_size_columns=False).classes("events-table")
    return place


class Browser:
    """The browser that has the page open, whatever of the page is drawn anew meanwhile."""

    def __init__(self) -> None:
        self._client = ui.context.client

    def tell(self, what: str, *told: object) -> None:
        """Call a function of static/events.js with facts, which reach it as JSON and never as script."""
        self._client.run_javascript(f"aisocEvents.{what}({', '.join(json.dumps(each) for each in told)})")
