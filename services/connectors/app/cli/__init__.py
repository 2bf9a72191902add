"""The command line `aisoc`: it parses, calls and prints; what it does lives elsewhere."""

import os
import signal
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from app.cli.commands import Commands

_EPILOG = (
    "Settings come from the environment: AISOC_HOME, AISOC_DATABASE_URL, AISOC_PORT and others; docs/operations.md. "
    "Exit: 0 done, 1 failed with the reason, 2 what was typed cannot be used."
)

app = typer.Typer(
    name="aisoc",
    cls=Commands,
    help="Collects the Activity Log of Azure subscriptions: nothing lost, nothing twice, each event scored.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        print(version("aisoc-connectors"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; Ctrl-C, SIGTERM and a closed pipe end it in order and without a traceback."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: signal.raise_signal(signal.SIGINT))
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - closed by the caller
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        _leave_unwritten()
    except OSError as error:
        print(f"Error: The output cannot be written: {error.strerror}.", file=sys.stderr)
        _leave_unwritten()


def _leave_unwritten() -> NoReturn:
    """Exit where output has nowhere to go (`| head`, a full disk): flushing the rest would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(1)
