"""How the command line prints: facts on standard output, everything else on standard error."""

import asyncio
import json
import re
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from app.errors import AisocError, InvalidInput
from app.events.event import Severity
from app.log import configure_logging
from app.settings import read_settings
from app.storage.database import database_problem, database_url

Result = TypeVar("Result")
AsJson = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]

# C0 and C1 controls, line separators and the marks that turn the direction of text.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_PIPE_WIDTH = 500
LEVEL_STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}
_STYLES = {Severity.INFO: "dim", Severity.LOW: "cyan", Severity.MEDIUM: "yellow", Severity.HIGH: "bold red"}


def stdout() -> Console:
    """Return a console for facts; in a pipe lines are wide enough not to be cut."""
    return Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False, markup=False, emoji=False)


def stderr() -> Console:
    """Return a console for progress and remarks."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def run(work: Coroutine[Any, Any, Result], *, as_json: bool = False, log_level: str | None = None) -> Result:
    """Run a command's work; an error is printed as its sentence and its remedy.

    log_level: what to log; None for errors only, as a command prints its own result.
    Exits with 2 when what was typed or configured cannot be used, else with 1.
    """
    try:
        configure_logging(log_level or "ERROR")
        return asyncio.run(work)
    except AisocError as error:
        fail(error, as_json=as_json)
    except DBAPIError as error:
        fail(database_problem(error, database_url(read_settings())), as_json=as_json)
    finally:
        work.close()


def fail(error: AisocError, *, as_json: bool = False) -> NoReturn:
    """Print an error to standard error and exit."""
    if as_json:
        print(json.dumps({"error": error.facts()}), file=sys.stderr)
    else:
        print_problem(error.message, error.remedy)
    raise typer.Exit(2 if isinstance(error, InvalidInput) else 1)


def print_problem(message: str, remedy: str) -> None:
    """Print what happened and what to do."""
    console = stderr()
    console.print(Text("Error: ", style="bold red") + Text(printable(message)), soft_wrap=True)
    console.print(Text("To do: ", style="bold") + Text(printable(remedy)), soft_wrap=True)


def printable(text: str) -> str:
    """Return a text without control characters: what somebody wrote into an event must not steer a terminal."""
    return _CONTROLS.sub("\ufffd", text)


def print_json(facts: Any) -> None:
    """Print facts as one JSON document."""
    print(json.dumps(facts, indent=2, default=str))


def table(*columns: str) -> Table:
    """Return an empty table in the house's style."""
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def severity_text(severity: Severity) -> Text:
    """Return a severity in its colour."""
    return Text(severity.value, style=_STYLES.get(severity, "bold red"))


def when(moment: datetime | None) -> str:
    """Return a time as people read it, in UTC."""
    return "-" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def span(duration: timedelta) -> str:
    """Return a duration as people say it: 45 s, 12 min, 3 h 20 min, 5 d 4 h."""
    seconds = round(duration.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if minutes < 120:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{days} d {hours % 24} h"
