"""The rules in force follow their files and switches, without a restart."""

from pathlib import Path
from textwrap import dedent
from uuid import UUID, uuid5

import pytest

from app.clock import VirtualClock
from app.detection.rulebook import RuleBook, rule_folders
from app.errors import InvalidInput, NotFound
from app.storage.rule_switches import RuleSwitch, read_switches, write_switch
from conftest import NOW

_NAMES = UUID(int=5)


def rule(name: str, selection: str = "operationName: a/write", more: str = "") -> str:
    head = f"title: {name}\nid: {uuid5(_NAMES, name)}\nlogsource: {{product: azure, service: activitylogs}}\nlevel: low\n"
    return f"{head}{more}detection:\n  selection:\n    {selection}\n  condition: selection\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "one.yml").write_text(rule("One"), encoding="utf-8")
    return tmp_path


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


async def titles(book: RuleBook, service) -> list[str]:
    return sorted(found.title for found in (await book.current(service.engine)).rules.values())


async def test_a_new_file_is_in_force_within_seconds_and_without_a_restart(service, folder, clock):
    book = RuleBook([folder], None, clock)
    assert await titles(book, service) == ["One"]
    (folder / "two.yml").write_text(rule("Two"), encoding="utf-8")
    assert await titles(book, service) == ["One"]
    clock.advance(seconds=5)
    assert await titles(book, service) == ["One", "Two"]
