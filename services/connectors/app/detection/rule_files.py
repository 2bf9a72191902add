"""The rules in folders, read again when a file changes, each file by itself."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.detection.linking import linked
from app.detection.reading import FileRules, read_file, read_text, rule_files
from app.detection.rule_values import read_values
from app.detection.rules import Problem, RuleSet
from app.errors import InvalidInput
from app.log import get_logger

_Stamp = tuple[int, int, int]
# The file that rules are told to be in which are only tried.
TRIED = Path("rule.yml")

_log = get_logger(__name__)


class RuleFiles:
    """Keeps what was read of each file for as long as the file is the same. For one thread at a time."""

    def __init__(self, folders: Sequence[Path], expand: Mapping[str, Sequence[str]] | Path | None) -> None:
        self._folders = folders
        self._expand = expand if isinstance(expand, Path) else None
        self._lists: Mapping[str, Sequence[str]] = {} if expand is None or isinstance(expand, Path) else expand
        self._lists_stamp: _Stamp | None = None
        self._lists_problems: list[Problem] = []
        self._read: dict[Path, tuple[_Stamp | None, FileRules]] = {}
        self._rules: RuleSet | None = None

    def rules(self) -> RuleSet:
        """Return the rules as the files are now; the same object while nothing has changed. Never raises."""
        changed = self._look_at_values()
        files, problems = rule_files(self._folders)
        stamps = {file: _stamp(file) for file in files}
        if not changed and self._rules and {file: stamp for file, (stamp, _) in self._read.items()} == stamps:
            return self._rules
        kept = {} if changed else self._read
        self._read = {file: self._kept_or_read(kept, file, stamp) for file, stamp in stamps.items()}
        return self._link(problems)

    def tried(self, text: str) -> RuleSet:
        """Return the rules that a text holds, and what of it cannot be used; nothing is kept.

        Its correlations may name the files' rules; it stands for those of the files that have the same ids.
        """
        self.rules()
        own = read_text(text, TRIED, self._lists)
        others = [draft for _, found in self._read.values() for draft in found.drafts]
        found = linked([*own.drafts, *others], own.problems)
        return RuleSet(
            {rule.id: rule for rule in found.rules.values() if rule.path == TRIED},
            {rule.id: rule for rule in found.correlations.values() if rule.path == TRIED},
            tuple(problem for problem in found.problems if problem.path == TRIED),
        )

    def _kept_or_read(
        self, kept: Mapping[Path, tuple[_Stamp | None, FileRules]], file: Path, stamp: _Stamp | None
    ) -> tuple[_Stamp | None, FileRules]:
        known = kept.get(file)
        return known if known and known[0] == stamp else (stamp, read_file(file, self._lists))

    def _link(self, problems: list[Problem]) -> RuleSet:
        read = [found for _, found in self._read.values()]
        own = [problem for found in read for problem in found.problems]
        rules = linked([draft for found in read for draft in found.drafts], [*self._lists_problems, *problems, *own])
        before = set(self._rules.problems) if self._rules else set()
        for problem in rules.problems:
            if problem not in before:
                _log.warning("rule_problem", file=str(problem.path), line=problem.line, reason=problem.reason)
        _log.info(
            "rules_loaded",
            rules=len(rules.rules),
            correlations=len(rules.correlations),
            problems=len(rules.problems),
        )
        self._rules = rules
        return rules

    def _look_at_values(self) -> bool:
        """Read the lists of |expand if their file changed; return whether. A mistake in it keeps what was there."""
        if self._expand is None:
            return False
        stamp = _stamp(self._expand)
        if stamp == self._lists_stamp and self._rules is not None:
            return False
        self._lists_stamp = stamp
        try:
            self._lists, self._lists_problems = read_values(self._expand), []
        except InvalidInput as error:
            self._lists_problems = [Problem(self._expand, 0, error.message)]
        return True


def _stamp(file: Path) -> _Stamp | None:
    """Return what changes when a file does, None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
