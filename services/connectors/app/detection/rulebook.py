"""The rules in force: read from folders, read again when a file changes, with what people turned off."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clock import Clock
from app.detection.rules import ActiveRules


class RuleBook:
    """Knows the rules of the folders; one for the whole process.

    folders: the shipped pack's and the operator's. expand: the values of |expand by name, or the file that holds them.
    """

    def __init__(
        self, folders: Sequence[Path], expand: Mapping[str, Sequence[str]] | Path | None, clock: Clock
    ) -> None:
        self._folders = folders
        self._expand = expand
        self._clock = clock

    async def current(self, database: AsyncEngine | AsyncConnection) -> ActiveRules:
        """Return the rules in force.

        Files and switches are looked at when five seconds have passed since; a file that did not change is not read
        again. Reading happens in a thread.
        """
        raise NotImplementedError

    def look_again(self) -> None:
        """Look at files and switches at the next call of current, however soon it is."""
        raise NotImplementedError
