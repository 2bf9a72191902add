"""How a hunt looks: a bar with events, matches, rate and the time left, and what was found at its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from app.cli.event_table import ID_DIGITS
from app.cli.output import printable, stderr, stdout, table, when
from app.detection.hunting import HuntResult


@contextmanager
def hunt_progress(title: str) -> Iterator[Callable[[HuntResult], None]]:
    """Show a bar on standard error while the block runs, in a terminal; yields what moves it."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("events  {task.fields[matches]:,} matches  {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=stderr(),
        transient=True,
        disable=not stderr().is_terminal,
    )
    with bar:
        task = bar.add_task(printable(title)[:40], total=None, matches=0, rate=0.0)

        def move(result: HuntResult) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            bar.update(
                task,
                total=result.events_total,
                completed=result.events_judged,
                matches=result.matches,
                rate=result.events_judged / elapsed if elapsed else 0.0,
            )

        yield move


def print_hunt(result: HuntResult, limit: int, *, whole: bool) -> None:
    """Print the first findings of a hunt and a sentence of all; whole: whether it went to its end."""
    console = stdout()
    if result.hits[:limit]:
        shown = table("time (UTC)", "events", "event", "actor", "resource", "id")
        for hit in result.hits[:limit]:
            event = hit.event
            told = (event.title, event.actor or "-", event.resource_name or "-", str(event.id)[:ID_DIGITS])
            shown.add_row(when(hit.first_time), f"{len(hit.event_ids):,}", *map(printable, told))
        console.print(shown)
        console.print()
    if result.matches > limit:
        stderr().print(f"The first {min(limit, len(result.hits)):,} of them; --limit prints more.", style="dim")
    console.print(
        f"{printable(result.rule_title)}: {result.matches:,} found, {result.events_matched:,} events matched of "
        f"{result.events_judged:,} that could, from {when(result.since)} to {when(result.until)} UTC.",
        soft_wrap=True,
    )
    if result.alerts_added:
        console.print(f"{result.alerts_added:,} alerts were made.")
    if result.failures:
        stderr().print(f"{result.failures:,} events could not be judged: the rule failed on them.", style="yellow")
    if not whole:
        left = result.events_total - result.events_judged
        stderr().print(f"Stopped: {left:,} events were not judged.", style="yellow")
