"""What `aisoc` can be told to do. A command is imported when it is used: all of them together take seconds."""

from importlib import import_module
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

_HELP = {
    "serve": "Collect, and serve console and API, until Ctrl-C.",
    "connectors": "Add, test, poll and watch connectors.",
    "events": "Search stored events, newest first; `show` tells of one, `raw` gives bytes.",
    "alerts": "Alerts: what the rules found, and working it.",
    "rules": "Detection rules: what is watched for, and tools to write and try rules.",
    "quarantine": "Records that could not be understood: list, look, try again.",
    "ingest": "Store the events of exported files: REST lists, exported records or Log Analytics rows.",
    "normalize": "Print the normalized event of each record, one JSON object a line; uses no database.",
    "users": "Users of console and API, and their roles.",
    "tokens": "API tokens: made for a user, shown once.",
    "keys": "The keys that protect connectors' secrets.",
    "demo": (
        "Watch a simulated subscription's events arrive: "
        "a Microsoft cloud on loopback, the real service, a fresh store."
    ),
    "simulate": "Run a simulated Microsoft cloud on loopback, to try things with (`aisoc simulate --help`).",
}
# The modules of commands that have none of their own name.
_MODULES = {"normalize": "files", "ingest": "files", "serve": "run", "demo": "run", "simulate": "run"}


class Commands(TyperGroup):
    """The commands by name: to list them their help is enough, and only the one that was typed is imported."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": {name: TyperCommand(name, help=_HELP[name]) for name in _HELP}})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return what was typed: the command's name, the command, and what follows."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and load(command.name or ""), rest


def load(name: str) -> Any:
    """Return a command, or a group of commands, with all that it can do."""
    module = import_module(f"app.cli.{_MODULES.get(name, name)}")
    group = get_group(module.app)
    return group.commands[name] if name in _MODULES else group
