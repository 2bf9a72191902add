"""The rules in force: read from folders, read again when a file changes, without those that people turned off."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clock import Clock
from app.detection.rules import ActiveRules, EventRule, Problem, RuleSet
from app.detection.titles import shortened
from app.errors import InvalidInput
from app.log import get_logger
from app.storage.rule_switches import rules_off

if TYPE_CHECKING:
    from app.detection.rule_files import RuleFiles

_log = get_logger(__name__)
_LOOK_EVERY_SECONDS = 5
_PACKAGE = Path(__file__).parents[1]
# The log tells of a rule's failures at these numbers.
_TOLD = frozenset({1, 10, 100, 1_000, 10_000, 100_000, 1_000_000})


@dataclass
class Failure:
    """A rule that raised while it was judged. events: how often; reason: the first error."""

    rule: EventRule
    events: int = 0
    reason: str = ""

    @property
    def problem(self) -> Problem:
        """What is told of it, beside the problems of files."""
        return Problem(self.rule.path, self.rule.line, self.reason, self.rule.title)


class RuleBook:
    """Knows the rules of some folders; one for the whole process.

    folders: the shipped pack's and the operator's. expand: the values of |expand by name, or the file that holds them.
    """

    def __init__(
        self, folders: Sequence[Path], expand: Mapping[str, Sequence[str]] | Path | None, clock: Clock
    ) -> None:
        self._folders = folders
        self._expand = expand
        self._clock = clock
        self._files: RuleFiles | None = None
        self._reading = asyncio.Lock()
        self._looked_at: float | None = None
        self._read: RuleSet | None = None
        self._active: ActiveRules | None = None
        self._failures: dict[str, Failure] = {}

    async def current(self, database: AsyncEngine | AsyncConnection) -> ActiveRules:
        """Return the rules in force; the same object while nothing has changed.

        Files and switches are looked at when five seconds have passed since; a file that did not change is not read
        again. Reading happens in a thread. Whoever asks meanwhile gets the rules as they were.
        """
        if self._active is not None and not self._due():
            return self._active
        self._looked_at = self._clock.monotonic()
        async with self._reading:
            read = await asyncio.to_thread(self._look)
        off = await _off(database)
        if read is not self._read:
            self._failures = {}  # what failed may be mended
        if self._active is None or read is not self._read or off != self._active.off:
            self._read = read
            self._active = self._in_force(read, off)
        return self._active

    def note_failure(self, rule: EventRule, error: Exception) -> None:
        """Note that a rule raised on an event: it is a problem of the rule until its file changes."""
        failure = self._failures.setdefault(rule.id, Failure(rule))
        failure.events += 1
        if failure.events == 1:
            failure.reason = f"The rule failed on an event: {type(error).__name__}: {shortened(str(error), 200)}"
            if self._active is not None:
                self._active = self._in_force(self._active, self._active.off)
        if failure.events in _TOLD:
            _log.error("rule_failed", rule=rule.id, title=rule.title, events=failure.events, reason=failure.reason)

    def _in_force(self, read: RuleSet, off: frozenset[str]) -> ActiveRules:
        known = {failure.problem for failure in self._failures.values()}
        problems = (*(each for each in read.problems if each not in known), *known)
        return ActiveRules(read.rules, read.correlations, problems, off)

    async def check(self, text: str) -> RuleSet:
        """Return the rules that a text holds, and what of it cannot be used, beside the rules of the files."""
        async with self._reading:
            return await asyncio.to_thread(lambda: self._opened().tried(text))

    def look_again(self) -> None:
        """Look at files and switches at the next call of current, however soon it is."""
        self._looked_at = None

    def _due(self) -> bool:
        return self._looked_at is None or self._clock.monotonic() - self._looked_at >= _LOOK_EVERY_SECONDS

    def _look(self) -> RuleSet:
        return self._opened().rules()

    def _opened(self) -> "RuleFiles":
        if self._files is None:
            from app.detection.rule_files import RuleFiles  # noqa: PLC0415 - most commands need no rules, nor pySigma

            self._files = RuleFiles(self._folders, self._expand)
        return self._files


async def _off(database: AsyncEngine | AsyncConnection) -> frozenset[str]:
    if isinstance(database, AsyncConnection):
        return await rules_off(database)
    async with database.connect() as connection:
        return await rules_off(connection)


def rule_folders(own: Sequence[Path]) -> list[Path]:
    """Return the shipped pack's folder and the operator's own.

    Raises InvalidInput (invalid_setting) where one of the operator's is no folder.
    """
    for folder in own:
        if not folder.is_dir():
            raise InvalidInput(
                "invalid_setting",
                f"The setting AISOC_RULES names {folder}, which is no folder.",
                "Make the folder, or correct AISOC_RULES; several folders stand side by side as in PATH.",
            )
    return [*shipped_rules(), *own]


def shipped_rules() -> list[Path]:
    """Return the folder of the rules that come with AiSOC: in the package, or at the root of a checkout."""
    places = (_PACKAGE / "detections", _PACKAGE.parents[2] / "detections")
    return [place for place in places if place.is_dir()][:1]
