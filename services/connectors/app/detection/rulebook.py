"""The rules in force: read from folders, read again when a file changes, without those that people turned off."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clock import Clock
from app.detection.rules import ActiveRules, EventRule, Problem, RuleSet
from app.detection.titles import shortened
from app.errors import InvalidInput
from app.log import get_logger
from app.storage.rule_failures import RuleFailure, read_failures, write_failures
from app.storage.rule_switches import rules_off

if TYPE_CHECKING:
    from app.detection.rule_files import RuleFiles

_log = get_logger(__name__)
_LOOK_EVERY_SECONDS = 5
_TELL_AGAIN = timedelta(days=1)
_PACKAGE = Path(__file__).parents[1]
# The log tells of a rule's failures at these numbers.
_LOGGED = frozenset({1, 10, 100, 1_000, 10_000, 100_000, 1_000_000})


@dataclass(frozen=True)
class _Told:
    """What the database says of rules: which are off, and which failed on an event, in which version."""

    off: frozenset[str]
    failures: Mapping[tuple[str, str], RuleFailure]


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
        self._told = _Told(frozenset(), {})
        self._failures: Counter[str] = Counter()
        self._untold: dict[str, RuleFailure] = {}

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
        told = await _told(database)
        if read is not self._read:
            self._failures.clear()  # what failed may be mended
        if self._active is None or read is not self._read or told != self._told:
            self._read, self._told = read, told
            self._active = self._in_force(read)
        return self._active

    def note_failure(self, rule: EventRule, error: Exception) -> None:
        """Note that a rule raised on an event, for `tell_failures`."""
        reason = f"The rule failed on an event: {type(error).__name__}: {shortened(str(error), 200)}"
        self._untold[rule.id] = RuleFailure(rule.id, _version(rule), reason, self._clock.now())
        self._failures[rule.id] += 1
        if (events := self._failures[rule.id]) in _LOGGED:
            _log.error("rule_failed", rule=rule.id, title=rule.title, events=events, reason=reason)

    async def tell_failures(self, connection: AsyncConnection) -> None:
        """Tell all processes which rules failed, in the caller's transaction: each is a problem of the rules then.

        One that is known is told again once a day.
        """
        untold = [failure for failure in self._untold.values() if self._is_news(failure)]
        self._untold.clear()  # if the transaction fails, its events will be judged again
        if untold:
            await write_failures(connection, untold)
            self.look_again()

    def _is_news(self, failure: RuleFailure) -> bool:
        known = self._told.failures.get((failure.rule_id, failure.version))
        return known is None or failure.noted_at - known.noted_at >= _TELL_AGAIN

    def _in_force(self, read: RuleSet) -> ActiveRules:
        failed = [
            _problem(read.rules[each.rule_id], each) for each in self._told.failures.values() if _is_of(read, each)
        ]
        return ActiveRules(read.rules, read.correlations, (*read.problems, *failed), self._told.off)

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


async def _told(database: AsyncEngine | AsyncConnection) -> _Told:
    if isinstance(database, AsyncConnection):
        return _Told(await rules_off(database), await read_failures(database))
    async with database.connect() as connection:
        return await _told(connection)


def _is_of(read: RuleSet, failure: RuleFailure) -> bool:
    rule = read.rules.get(failure.rule_id)
    return rule is not None and _version(rule) == failure.version


def _problem(rule: EventRule, failure: RuleFailure) -> Problem:
    return Problem(rule.path, rule.line, failure.reason, rule.title)


def _version(rule: EventRule) -> str:
    """Return what changes when a rule's text does, or the program: either may mend what made it fail."""
    return blake2b(f"{_program()} {rule.source}".encode(), digest_size=16).hexdigest()


@cache
def _program() -> str:
    return version("aisoc-connectors")


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
