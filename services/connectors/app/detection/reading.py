"""Reads rule files: Sigma YAML becomes compiled rules, and every mistake a problem with its file and line."""

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.detection.drafts import Draft, draft_of, problem_of
from app.detection.items import Lists
from app.detection.linking import linked
from app.detection.rules import Problem, RuleSet
from app.detection.yaml_documents import Mistake, read_documents

_LARGEST_FILE = 1 << 20
_MOST_FILES = 5_000
_ENDINGS = (".yml", ".yaml")
_SAMPLES = (".samples.yml", ".samples.yaml")


@dataclass(frozen=True)
class FileRules:
    """What one file holds by itself."""

    drafts: tuple[Draft, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_rules(paths: Sequence[Path], expand: Lists) -> RuleSet:
    """Read files and folders (all *.yml and *.yaml below them but *.samples.yml) into rules; never raises.

    expand: by name, the values that `%name%` stands for under the modifier |expand. One bad rule stops no other: it
    is in `problems`, with file, line and reason.
    """
    files, problems = rule_files(paths)
    read = [read_file(file, expand) for file in files]
    return linked([draft for one in read for draft in one.drafts], [*problems, *_problems(read)])


def _problems(read: Iterable[FileRules]) -> Iterator[Problem]:
    for one in read:
        yield from one.problems


def rule_files(paths: Sequence[Path]) -> tuple[list[Path], list[Problem]]:
    """Return the rule files of files and folders, in order and each once, and what could not be looked at."""
    files: dict[Path, None] = {}
    problems: list[Problem] = []
    for path in paths:
        found = list(_below(path)) if path.is_dir() else [path]
        for file in found:
            if len(files) >= _MOST_FILES:
                problems.append(Problem(path, 0, f"There are more than {_MOST_FILES:,} files; the rest is not read."))
                return list(files), problems
            files.setdefault(file)
    return list(files), problems


def _below(folder: Path) -> Iterator[Path]:
    """Yield the rule files below a folder; what begins with a dot is not looked at."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            low = name.lower()
            if low.endswith(_ENDINGS) and not low.endswith(_SAMPLES) and not name.startswith("."):
                yield Path(place) / name


def read_file(path: Path, expand: Lists) -> FileRules:
    """Read one file's rules by themselves; never raises."""
    try:
        text = _text(path)
    except Mistake as mistake:
        return FileRules(problems=(problem_of(mistake, path),))
    return read_text(text, path, expand)


def read_text(text: str, path: Path, expand: Lists) -> FileRules:
    """Read the rules of a text by themselves; never raises. path: where they are said to be."""
    drafts: list[Draft] = []
    problems: list[Problem] = []
    try:
        for document in read_documents(text):
            draft = draft_of(document, path, expand)
            if isinstance(draft, Draft):
                drafts.append(draft)
            else:
                problems.extend(draft)
    except Mistake as mistake:
        problems.append(problem_of(mistake, path))
    return FileRules(tuple(drafts), tuple(problems))


def _text(path: Path) -> str:
    """Return a file's text. Raises Mistake."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise Mistake("It is no file.", line=0)
        if found.st_size > _LARGEST_FILE:
            raise Mistake(f"The file is larger than {_LARGEST_FILE >> 20} MB.", line=0)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Mistake("The file is not UTF-8 text.", line=0) from None
    except OSError as error:
        raise Mistake(f"The file cannot be read: {error.strerror}.", line=0) from None
