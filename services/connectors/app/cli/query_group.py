"""A group of commands that is itself a search: `aisoc events QUERY`, beside `aisoc events raw ID`."""

from typing import Any

from typer.core import TyperArgument, TyperGroup


class QueryGroup(TyperGroup):
    """Takes the first word for a command when there is one of that name, and all words for a search when not."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what was typed for a command, or for the group's own arguments and options in any order."""
        if not args or args[0] not in self.commands:
            ctx.allow_interspersed_args = True
            return super().parse_args(ctx, [_as_query(arg) for arg in args])
        own = self.params
        self.params = [parameter for parameter in own if not isinstance(parameter, TyperArgument)]
        try:
            return super().parse_args(ctx, args)
        finally:
            self.params = own
            ctx.params.setdefault("query", None)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """Return what follows the name in the usage line: a search, or a command with what it takes."""
        return ["[OPTIONS]", f"[QUERY | {' | '.join(self.commands)} …]"]


def _as_query(arg: str) -> str:
    """Return an argument that begins with a negation in its other spelling, which does not look like an option."""
    return f"NOT {arg[1:]}" if arg[:1] == "-" and arg[1:2] not in {"", "-", "h"} else arg
