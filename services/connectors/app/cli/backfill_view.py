"""How a backfill looks: a bar with slices, events, rate and the time left, and a sentence at its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from app.cli.output import print_problem, stderr, stdout, when
from app.collection.backfill import BackfillResult


@contextmanager
def backfill_progress() -> Iterator[Callable[[BackfillResult], None]]:
    """Show a bar on standard error while the block runs, in a terminal; yields what moves it."""
    bar = Progress(
        TextColumn("Backfill"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("slices  {task.fields[events]:,} events  {task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[remark]}", style="yellow"),
        console=stderr(),
        transient=True,
        disable=not stderr().is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None, events=0, rate=0.0, remark="")

        def move(result: BackfillResult) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            bar.update(
                task,
                total=result.slices,
                completed=result.slices_done,
                events=result.events_read,
                rate=result.events_read / elapsed if elapsed else 0.0,
                remark=f"waiting until {when(result.waiting_until)} UTC" if result.waiting_until else "",
            )

        yield move


def print_backfill(result: BackfillResult) -> None:
    """Print what a backfill did."""
    if result.days_before >= 0.05:
        stdout().print(f"{result.days_before:,.1f} days were read already.")
    stdout().print(
        f"{result.connector}: {result.slices_done:,} of {result.slices:,} day slices read, "
        f"{result.events_added:,} events added of {result.events_read:,} read "
        f"({result.events_quarantined:,} quarantined), from {when(result.since)} to {when(result.until)} UTC.",
        soft_wrap=True,
    )
    for gap in result.gaps:
        stdout().print(f"Not readable any more: {when(gap.since)} to {when(gap.until)} UTC.")
    if result.error:
        print_problem(result.error["message"], f"{result.error['remedy']} Then run this again: it goes on from here.")
