"""The ATT&CK matrix: which techniques of a cloud the rules watch for, and which of them none does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from nicegui import ui

from app.console.connector_words import number
from app.console.live import Region, pulse, text
from app.console.pages import page
from app.console.parts import tag
from app.console.rules.common import draw_problems, rules_head
from app.console.rules.figures import Listed, read_rules_page
from app.console.view import View
from app.detection.attack import Cell, coverage
from app.service import Service

_SECONDS = 10
_DEEPEST = 4


@dataclass(frozen=True)
class Shown:
    """A cell as it is drawn. on, off: how many of its rules are; hits: alerts of the last 30 days."""

    cell: Cell
    on: int
    off: int
    hits: int

    @property
    def depth(self) -> int:
        """How strong its colour is: 0 where no rule is on, up to 4."""
        return min(self.on, _DEEPEST)


@dataclass(frozen=True)
class Tactic:
    """A column as it is drawn."""

    tactic: str
    name: str
    cells: tuple[Shown, ...]

    @property
    def covered(self) -> int:
        """How many of its techniques a rule that is on watches for."""
        return sum(shown.on > 0 for shown in self.cells)


@page("/rules/coverage", "ATT&CK coverage")
async def rules_coverage(view: View) -> None:
    """Draw the matrix."""
    shown = _Matrix(view)
    await shown.refresh(await view.service())
    pulse(view, _SECONDS, shown.refresh)


class _Matrix:
    """The page's parts."""

    def __init__(self, view: View) -> None:
        rules_head(view, "/rules/coverage")
        self._problems = Region(draw_problems, "rule-problems")
        with ui.element("section").classes("panel"):
            with ui.element("div").classes("matrix-head"):
                with ui.element("div"):
                    self._said = ui.label().classes("strong")
                    ui.label(
                        "MITRE ATT&CK® for cloud infrastructure. Each technique leads to its rules; "
                        "pale ones have none that is on."
                    ).classes("quiet small")
                bare = ui.switch("Show techniques without rules", value=True, on_change=self._toggle).props("dense")
                bare.classes("matrix-bare")
            self._place = Region(draw_matrix, "matrix-place")

    async def refresh(self, service: Service) -> None:
        """Read the rules and show what they watch for."""
        told = await read_rules_page(service)
        self._problems.show(told.problems)
        columns = columns_of(told.listed)
        text(self._said, matrix_words(columns))
        self._place.show(columns)

    def _toggle(self, change: object) -> None:
        bare = getattr(change, "value", True) is True
        self._place.element.classes(remove="only-covered") if bare else self._place.element.classes("only-covered")


def columns_of(listed: Sequence[Listed]) -> tuple[Tactic, ...]:
    """Return the matrix with what each cell's rules found."""
    by_id = {each.rule.id: each for each in listed}
    return tuple(
        Tactic(column.tactic, column.name, tuple(_shown(cell, by_id) for cell in column.cells))
        for column in coverage(each.rule for each in listed)
    )


def _shown(cell: Cell, by_id: Mapping[str, Listed]) -> Shown:
    rules = [by_id[each] for each in cell.rules]
    on = sum(each.on for each in rules)
    return Shown(cell, on, len(rules) - on, sum(each.hits for each in rules))


def matrix_words(columns: Sequence[Tactic]) -> str:
    """Return how much of the matrix is watched for."""
    techniques = {shown.cell.technique for column in columns for shown in column.cells}
    covered = {shown.cell.technique for column in columns for shown in column.cells if shown.on}
    return f"Rules watch for {len(covered)} of {number(len(techniques), 'technique')}."


def cell_words(shown: Shown) -> str:
    """Return what a cell says, for who cannot see it."""
    said = f"{shown.cell.name}, {shown.cell.technique}: "
    if not shown.on and not shown.off:
        return f"{said}no rule"
    off = f", {shown.off} off" if shown.off else ""
    hits = f", {number(shown.hits, 'alert')} in 30 days" if shown.hits else ""
    return f"{said}{number(shown.on, 'rule')}{off}{hits}"


def draw_matrix(columns: tuple[Tactic, ...]) -> None:
    """Draw the tactics beside each other, in a box that scrolls by itself."""
    with (
        ui.element("div").classes("scroll matrix-box").props('tabindex=0 role=region aria-label="ATT&CK matrix"'),
        ui.element("ol").classes("matrix"),
    ):
        for column in columns:
            with ui.element("li").classes("matrix-column"):
                with ui.element("div").classes("matrix-tactic"):
                    tag("h2", column.name)
                    ui.label(f"{column.covered} of {number(len(column.cells), 'technique')}").classes("quiet small")
                with ui.element("ul"):
                    for shown in column.cells:
                        with ui.element("li").classes("bare" if not shown.cell.rules else ""):
                            _draw_cell(column.tactic, shown)


def _draw_cell(tactic: str, shown: Shown) -> None:
    classes = f"cell cell-{shown.depth}"
    if not shown.cell.rules:
        with ui.element("div").classes(classes):
            _draw_texts(shown)
        return
    query = urlencode({"tactic": tactic, "technique": shown.cell.technique})
    with ui.link(target=f"/rules?{query}").classes(classes) as link:
        _draw_texts(shown)
    link.props["aria-label"] = cell_words(shown)
    link.props["title"] = ", ".join(shown.cell.parts) or shown.cell.technique


def _draw_texts(shown: Shown) -> None:
    ui.label(shown.cell.name.replace("/", "/\u200b")).classes("cell-name")  # a long name may break there
    with ui.element("div").classes("cell-foot"):
        ui.label(shown.cell.technique).classes("cell-id")
        ui.label(_count(shown)).classes("cell-rules" if shown.cell.rules else "unseen")
        if shown.hits:
            ui.label(number(shown.hits, "alert")).classes("cell-hits")


def _count(shown: Shown) -> str:
    if not shown.cell.rules:
        return "no rule"
    return number(shown.on, "rule") if shown.on or not shown.off else f"{shown.off} off"
