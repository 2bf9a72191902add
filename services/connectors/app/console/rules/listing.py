"""The rules as a list: how severe, what for, how often found something, where from, on or off."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from app.console.connector_words import number
from app.console.rules.figures import Listed
from app.console.rules.hits import alerts_address
from app.console.rules.words import KINDS
from app.detection.attack import known_as, technique_name

Switch = Callable[[str, bool], Awaitable[None]]
_COLUMNS: tuple[dict[str, Any], ...] = (
    {"name": "severity", "field": "rank", "label": "Severity", "align": "left", "sortable": True},
    {"name": "title", "field": "title", "label": "Rule", "align": "left", "sortable": True},
    {"name": "hits", "field": "hits", "label": "Alerts in 30 days", "align": "left", "sortable": True},
    {"name": "origin", "field": "origin", "label": "From", "align": "left", "sortable": True},
    {"name": "on", "field": "on", "label": "State", "align": "left", "sortable": True},
)
# Vue escapes what it puts in. The bars say in a picture what the number beside them says in part.
_BODY = """
<q-tr :props="props" :class="props.row.on ? 'rule' : 'rule rule-off'" :data-rule="props.row.id">
  <q-td class="rule-severity">
    <span :class="'chip severity-' + props.row.severity">{{ props.row.severity }}</span>
  </q-td>
  <q-td class="rule-what">
    <a :href="'/rules/' + props.row.id" class="rule-title">{{ props.row.title }}</a>
    <div class="rule-meta">
      <span class="quiet small">{{ props.row.kind }}</span>
      <a v-for="one in props.row.techniques" :key="one.id" class="technique" :title="one.name"
        :href="'/rules?technique=' + one.id">{{ one.id }}</a>
    </div>
  </q-td>
  <q-td class="rule-hits" :title="props.row.hits_words">
    <div class="hits-line">
      <svg v-if="props.row.hits > 0" class="spark" viewBox="0 0 120 24" preserveAspectRatio="none" aria-hidden="true">
        <rect v-for="(bar, day) in props.row.bars" :key="day" :x="day * 4" :y="24 - bar" width="3" :height="bar" />
      </svg>
      <a v-if="props.row.hits > 0" :href="props.row.alerts" class="hits-link">
        <span class="number strong">{{ props.row.shown }}</span> <span class="small">{{ props.row.unit }}</span>
      </a>
      <span v-else class="quiet small">{{ props.row.shown }} {{ props.row.unit }}</span>
    </div>
  </q-td>
  <q-td class="rule-origin quiet small" :title="props.row.file">{{ props.row.origin }}</q-td>
  <q-td class="rule-switch">
    <q-toggle v-if="props.row.switchable" dense :model-value="props.row.on" :aria-label="props.row.title + ' is on'"
      @update:model-value="(on) => $parent.$emit('switch', { id: props.row.id, on })" />
    <span class="small" :class="props.row.on ? '' : 'quiet'">{{ props.row.on ? 'On' : 'Off' }}</span>
  </q-td>
</q-tr>
"""
_TALLEST = 22


class RuleTable:
    """The list, whose rows are shown anew only when something of them has changed."""

    def __init__(self, switch: Switch | None) -> None:
        """switch: what to do with a rule's switch; None where it must not be touched."""
        self._switch = switch
        with ui.element("div").classes("scroll").props('tabindex=0 role=region aria-label="Rules"'):
            self._table = ui.table(columns=list(_COLUMNS), rows=[], row_key="id").props("flat dense hide-pagination")
        self._table.props["rows-per-page-options"] = [0]
        self._table.props["no-data-label"] = "No rule is like that. Take a filter away."
        self._table.add_slot("body", _BODY)
        self._table.classes("rule-table").on("switch", self._switched)
        self._shown: list[dict[str, Any]] | None = None

    def show(self, listed: Sequence[Listed], own: Sequence[Path]) -> None:
        """Show rules in their order. own: the folders that the operator set."""
        rows = [rule_line(each, own, switchable=self._switch is not None) for each in listed]
        if rows != self._shown:
            self._shown = rows
            self._table.rows = rows

    async def _switched(self, event: GenericEventArguments) -> None:
        if self._switch is not None and isinstance(event.args, dict):
            await self._switch(str(event.args.get("id")), event.args.get("on") is True)


def rule_line(each: Listed, own: Sequence[Path], *, switchable: bool) -> dict[str, Any]:
    """Return a rule as the list's texts."""
    rule = each.rule
    return {
        "id": rule.id,
        "rank": -rule.severity.rank,
        "severity": rule.severity.value,
        "title": rule.title,
        "kind": KINDS[rule.kind],
        "techniques": [{"id": known_as(one), "name": technique_name(one)} for one in rule.techniques],
        "hits": each.hits if rule.alerts else -1,
        "shown": f"{each.hits:,}" if rule.alerts else "",
        "unit": number(each.hits, "alert").partition(" ")[2] if rule.alerts else "counted by others",
        "hits_words": hits_words(each),
        "alerts": alerts_address(rule.id),
        "bars": bars(each.days) if rule.alerts else [],
        "origin": origin(rule.path, own),
        "file": str(rule.path),
        "on": each.on,
        "switchable": switchable,
    }


def hits_words(each: Listed) -> str:
    """Return how often a rule found something, and how much of it waits."""
    if not each.rule.alerts:
        return "Makes no alerts by itself; other rules count its matches."
    if not each.hits:
        return "No alerts in 30 days."
    waiting = f", {each.waiting:,} of them open" if each.waiting else ""
    return f"{number(each.hits, 'alert')} in 30 days{waiting}."


def bars(days: Sequence[int]) -> list[int]:
    """Return the heights of a picture's bars, where there is something at least 3."""
    most = max(days, default=0)
    return [max(3, round(_TALLEST * each / most)) if each else 0 for each in days]


def origin(path: Path, own: Sequence[Path]) -> str:
    """Return where a rule came from: AiSOC's own pack, or a file in one of the operator's folders."""
    return path.name if any(path.is_relative_to(folder) for folder in own) else "AiSOC"
