"""The command line `aisoc`: it parses, calls and prints; what it does lives elsewhere."""

import os
import signal
import sys

import typer

from app.cli import connectors, events, files, run

_EPILOG = (
    "Settings come from the environment: AISOC_HOME, AISOC_DATABASE_URL, AISOC_KEYRING, AISOC_CLOUDS, "
    "AISOC_LOG_LEVEL, AISOC_WORKER_CONCURRENCY. "
    "Exit: 0 done, 1 failed with the reason, 2 what was typed cannot be used."
)

app = typer.Typer(
    name="aisoc",
    help="Collects the Activity Log of Azure subscriptions: nothing lost, nothing twice, each event scored.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(connectors.app, name="connectors")
app.add_typer(events.app, name="events")
app.add_typer(run.keys, name="keys")
files.register(app)
run.register(app)


def main() -> None:
    """Run the command line; Ctrl-C, SIGTERM and a closed pipe end it in order and without a traceback."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        app()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone (`| head`): what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
