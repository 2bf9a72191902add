"""The history of a connector's polls as a table, newest first, each failure with its reason."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from nicegui import ui

from app.console.connector_words import KIND_WORDS, poll_window
from app.console.parts import moment

STEP = 50
_COLUMNS = (
    ("started", "Started (UTC)", "left"),
    ("kind", "Kind", "left"),
    ("window", "Window read", "left"),
    ("added", "New", "right"),
    ("duplicate", "Already stored", "right"),
    ("late", "Late", "right"),
    ("quarantined", "Not understood", "right"),
    ("took", "Took", "right"),
    ("result", "Result", "left"),
)
# The last cell opens the row's reason. Vue escapes what it puts in; keyed rows keep focus and what is open.
_BODY = """
<q-tr :props="props" :class="props.row.failed ? 'failed' : ''">
  <q-td v-for="column in props.cols" :key="column.name" :props="props">
    <q-btn v-if="column.name === 'result' && props.row.failed" flat dense no-caps class="reason-button"
      :icon-right="props.expand ? 'expand_less' : 'expand_more'" :label="column.value"
      :aria-expanded="props.expand ? 'true' : 'false'" @click="props.expand = !props.expand"></q-btn>
    <template v-else>{{ column.value }}</template>
  </q-td>
</q-tr>
<q-tr v-if="props.expand && props.row.failed" class="reason">
  <q-td colspan="100%"><div>{{ props.row.message }}</div><div class="quiet">{{ props.row.remedy }}</div></q-td>
</q-tr>
"""


class PollTable:
    """The table, and the button for more."""

    def __init__(self, more: Callable[[], Awaitable[None]]) -> None:
        columns = [{"name": name, "field": name, "label": label, "align": align} for name, label, align in _COLUMNS]
        with ui.element("div").classes("scroll").props('tabindex=0 role=region aria-label="Polls, newest first"'):
            self._table = ui.table(columns=columns, rows=[], row_key="id").props("flat dense hide-pagination")
        self._table.props["rows-per-page-options"] = [0]
        self._table.props["no-data-label"] = "Not polled yet. The first poll begins within seconds of being due."
        self._table.add_slot("body", _BODY)
        self._table.classes("polls")
        self._more = ui.button("Show more", on_click=more).props("flat").classes("inline-button")
        self._shown: list[dict[str, Any]] | None = None

    def show(self, polls: tuple[dict[str, Any], ...], now: datetime, *, more: bool) -> None:
        """Show polls, newest first. more: whether there are earlier ones."""
        rows = [poll_line(poll, now) for poll in polls]
        if rows != self._shown:
            self._shown = rows
            self._table.rows = rows
        self._more.set_visibility(more)


def poll_line(poll: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return a row of history as the table's texts."""
    error, running = poll["error"], poll["finished_at"] is None
    return {
        "id": poll["id"],
        "started": moment(poll["started_at"], now),
        "kind": KIND_WORDS[poll["tier"]],
        "window": poll_window(poll, now),
        "added": f"{poll['events_added']:,}",
        "duplicate": f"{poll['events_duplicate']:,}",
        "late": f"{poll['late_recovered']:,}",
        "quarantined": f"{poll['events_quarantined']:,}",
        "took": "" if poll["duration"] is None else f"{poll['duration']:.1f} s",
        "result": error["code"] if error else "Running" if running else "Done",
        "failed": error is not None,
        "message": error["message"] if error else "",
        "remedy": error["remedy"] if error else "",
    }
