"""`aisoc serve`, `demo` and `simulate`: what runs."""

import importlib.util
import os
import subprocess
import sys
from typing import Annotated

import typer

from app.cli.demo_view import LineView, LiveView, SilentView, print_summary
from app.cli.output import AsJson, print_json, run, stderr, stdout
from app.errors import Abort, InvalidInput
from app.security.links import SET_UP_HOURS
from app.serving import serve_until_stopped
from app.settings import read_settings

app = typer.Typer()


@app.command()
def serve(
    collect: Annotated[bool, typer.Option(help="Poll the connectors that are due.")] = True,
    web: Annotated[bool, typer.Option(help="Serve console and API.")] = True,
) -> None:
    """Collect, and serve console and API, until Ctrl-C.

    Any number of these may run, on many hosts, against one database (AISOC_DATABASE_URL) and one key ring.

    Examples: aisoc serve  |  AISOC_PORT=9000 aisoc serve --no-collect
    """

    async def work() -> None:
        if not (collect or web):
            raise InvalidInput("nothing_to_serve", "Nothing is left to do.", "Leave out --no-collect or --no-web.")
        if collect:
            stderr().print("Collecting; Ctrl-C stops.", style="dim")
        await serve_until_stopped(collect=collect, web=web, on_address=_tell_address)

    level = _log_level()
    run(work(), log_level=level)


def _tell_address(address: str, set_up_link: str | None) -> None:
    """Print where the console is; on standard error as it is, so that it reaches the log of a service too."""
    stderr().print(f"Console: {address}", soft_wrap=True)
    if set_up_link is not None:
        stderr().print(f"Set up the first admin, once, within {SET_UP_HOURS} hours: {set_up_link}", soft_wrap=True)


def _log_level() -> str:
    """Return the log level that the operator set; an invalid setting is reported as any error."""

    async def work() -> str:
        return read_settings().log_level

    return run(work())


@app.command()
def demo(
    seconds: Annotated[int, typer.Option(min=5, max=3600, help="End after so many seconds, with a summary.")] = 60,
    as_json: AsJson = False,
) -> None:
    """Watch a simulated subscription's events arrive: a Microsoft cloud on loopback, the real service, a fresh store.

    Example: aisoc demo --seconds 30
    """
    from app.demo import run_demo  # noqa: PLC0415 - other commands need no web application, which is slow to import

    _need_simulator()
    console = stdout()
    view = SilentView() if as_json else LiveView(console) if console.is_terminal else LineView(console)
    totals = run(run_demo(seconds, view), as_json=as_json)
    if as_json:
        print_json(totals)
    else:
        print_summary(console, totals)
    raise typer.Exit(0 if totals["events_added"] else 1)


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def simulate(context: typer.Context) -> None:
    """Run a simulated Microsoft cloud on loopback, to try things with (`aisoc simulate --help`)."""
    _need_simulator()
    command = [sys.executable, "-m", "simulator", *context.args]
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(sys.executable, command)  # noqa: S606 - signals then reach the simulator itself
    raise typer.Exit(subprocess.call(command))


def _need_simulator() -> None:
    async def check() -> None:
        if importlib.util.find_spec("simulator") is None:
            raise Abort(
                "simulator_missing",
                "The simulator is not installed in this environment.",
                "In a clone of AiSOC: make demo. Elsewhere: pip install ./services/simulator",
            )

    run(check())
