"""The rules in force follow their files and switches, without a restart."""

import asyncio
import os
from pathlib import Path

import pytest
from conftest import NOW
from structlog.testing import capture_logs
from unit.records import SHAPES, rest
from unit.sigma_rules import record_of, rule_id, told

from app.clock import VirtualClock
from app.detection import rule_files
from app.detection.reading import read_file as original
from app.detection.rulebook import RuleBook, rule_folders, shipped_rules
from app.errors import InvalidInput, NotFound
from app.main import open_service
from app.service import Service
from app.storage.rule_switches import RuleSwitch, read_switches, write_switch


def rule(name: str, detection: str = "operationName: a/write", more: str = "") -> str:
    return told(name, detection, more)


def write(file: Path, text: str) -> None:
    """Write a file in a way that its stamp surely changes."""
    file.unlink(missing_ok=True)
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(0, next(_stamps)))


_stamps = iter(range(1, 1_000_000))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    write(folder / "one.yml", rule("One"))
    return folder


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def book(folder: Path, clock: VirtualClock) -> RuleBook:
    return RuleBook([folder], {}, clock)


async def titles(book: RuleBook, service: Service) -> list[str]:
    return sorted(found.title for found in (await book.current(service.engine)).rules.values())


async def switch(service: Service, name: str, *, enabled: bool) -> bool:
    async with service.engine.begin() as connection:
        return await write_switch(connection, RuleSwitch(rule_id(name), enabled, "anna", NOW))


async def test_a_new_file_is_in_force_within_seconds_and_without_a_restart(book, service, folder, clock):
    assert await titles(book, service) == ["One"]
    write(folder / "two.yml", rule("Two"))
    assert await titles(book, service) == ["One"]
    clock.advance(seconds=5)
    assert await titles(book, service) == ["One", "Two"]


async def test_a_changed_file_and_a_removed_one_are_noticed(book, service, folder, clock):
    write(folder / "two.yml", rule("Two"))
    assert await titles(book, service) == ["One", "Two"]
    write(folder / "two.yml", rule("Changed"))
    clock.advance(seconds=5)
    assert await titles(book, service) == ["Changed", "One"]
    (folder / "one.yml").unlink()
    clock.advance(seconds=5)
    assert await titles(book, service) == ["Changed"]


async def test_only_files_that_changed_are_read_again(book, service, folder, clock, monkeypatch):
    write(folder / "two.yml", rule("Two"))
    before = await book.current(service.engine)
    read = []
    monkeypatch.setattr(rule_files, "read_file", lambda file, lists: read.append(file) or original(file, lists))
    clock.advance(seconds=5)
    assert await book.current(service.engine) is before
    assert read == []
    write(folder / "one.yml", rule("One", "operationName: b/write"))
    clock.advance(seconds=5)
    after = await book.current(service.engine)
    assert read == [folder / "one.yml"]
    assert after.rules[rule_id("Two")].matches is before.rules[rule_id("Two")].matches


async def test_a_rule_that_breaks_is_a_problem_and_the_others_stay_in_force(book, service, folder, clock):
    write(folder / "two.yml", rule("Two"))
    await book.current(service.engine)
    write(folder / "two.yml", rule("Two", "x|cidr: nowhere"))
    clock.advance(seconds=5)
    with capture_logs() as logs:
        rules = await book.current(service.engine)
    assert [found.title for found in rules.rules.values()] == ["One"]
    problem, loaded = logs
    assert (problem["event"], problem["file"], problem["line"]) == ("rule_problem", str(folder / "two.yml"), 6)
    assert "cidr" in problem["reason"]
    assert (loaded["event"], loaded["rules"], loaded["problems"]) == ("rules_loaded", 1, 1)


async def test_a_problem_is_logged_once(book, service, folder, clock):
    write(folder / "two.yml", "no rule")
    await book.current(service.engine)
    write(folder / "three.yml", rule("Three"))
    clock.advance(seconds=5)
    with capture_logs() as logs:
        await book.current(service.engine)
    assert [line["event"] for line in logs] == ["rules_loaded"]


async def test_a_switch_is_heeded_within_seconds_by_every_process(book, service, folder, clock):
    other = RuleBook([folder], {}, clock)
    event = record_of(rest("a/write")).event
    for one in (book, other):
        assert (await one.current(service.engine)).candidates(event)
    await switch(service, "One", enabled=False)
    clock.advance(seconds=5)
    for one in (book, other):
        rules = await one.current(service.engine)
        assert rules.off == {rule_id("One")}
        assert rules.candidates(event) == ()
        assert rules.find("One").title == "One"
    await switch(service, "One", enabled=True)
    book.look_again()
    assert (await book.current(service.engine)).candidates(event)
    assert not (await other.current(service.engine)).candidates(event)


async def test_a_switch_that_changes_nothing_is_told_so(service):
    assert not await switch(service, "One", enabled=True)
    assert await switch(service, "One", enabled=False)
    assert not await switch(service, "One", enabled=False)
    assert await switch(service, "One", enabled=True)
    async with service.engine.connect() as connection:
        switches = await read_switches(connection)
    assert switches[rule_id("One")] == RuleSwitch(rule_id("One"), True, "anna", NOW)


async def test_rules_can_be_had_within_a_transaction(book, service):
    async with service.engine.begin() as connection:
        assert (await book.current(connection)).rules


async def test_many_ask_at_once_and_the_files_are_read_once(book, service, monkeypatch):
    read = []
    monkeypatch.setattr(rule_files, "read_file", lambda file, lists: read.append(file) or original(file, lists))
    await asyncio.gather(*(book.current(service.engine) for _ in range(20)))
    assert len(read) == 1


async def test_lists_for_expand_are_read_again_too(service, folder, clock, tmp_path):
    lists = tmp_path / "lists.toml"
    write(lists, 'admins = ["anna@contoso.com"]')
    write(folder / "one.yml", rule("One", "Caller|expand: '%admins%'"))
    book = RuleBook([folder], lists, clock)
    record = record_of(rest(caller="ada@contoso.com"))

    async def matches() -> bool:
        clock.advance(seconds=5)
        rules = await book.current(service.engine)
        return bool(rules.rules[rule_id("One")].matches(record))

    assert not await matches()
    write(lists, 'admins = ["anna@contoso.com", "ada@contoso.com"]')
    assert await matches()
    write(lists, "admins = [broken")
    assert await matches()
    problem = (await book.current(service.engine)).problems[0]
    assert problem.path == lists
    assert "cannot be used" in problem.reason


async def test_a_rule_is_found_by_id_by_its_beginning_and_by_title(book, service, folder):
    write(folder / "two.yml", rule("Two"))
    write(folder / "copy.yml", rule("Two").replace(rule_id("Two"), rule_id("Copy")))
    rules = await book.current(service.engine)
    for wanted in (rule_id("One"), rule_id("One").upper(), rule_id("One")[:8], "one"):
        assert rules.find(wanted).title == "One"
    for wanted in ("Two", "Three", "", "zz"):
        with pytest.raises(NotFound) as caught:
            rules.find(wanted)
        assert caught.value.code == "unknown_rule"


CORRELATION = f"""\
title: Many
id: {rule_id("Many")}
correlation:
  type: event_count
  rules: [{rule_id("One")}]
  timespan: 1h
  group-by: [caller]
  condition: {{gte: 3}}
"""


async def test_a_rule_that_only_serves_a_correlation_is_a_candidate_while_that_is_on(book, service, folder, clock):
    write(folder / "many.yml", CORRELATION)
    event = record_of(rest("a/write")).event
    rules = await book.current(service.engine)
    assert [found.title for found in rules.candidates(event)] == ["One"]
    assert [found.title for found in rules.correlations_of(rule_id("One"))] == ["Many"]
    await switch(service, "Many", enabled=False)
    clock.advance(seconds=5)
    rules = await book.current(service.engine)
    assert rules.candidates(event) == ()
    assert rules.correlations_of(rule_id("One")) == ()


@pytest.mark.parametrize("shape", SHAPES)
async def test_candidates_are_found_by_operation_and_category(book, service, folder, shape):
    write(folder / "two.yml", rule("Two", "category: Policy"))
    write(folder / "three.yml", rule("Three", "status: Failed"))
    rules = await book.current(service.engine)

    def found(*told) -> list[str]:
        return sorted(one.title for one in rules.candidates(record_of(SHAPES[shape](*told)).event))

    assert found("A/Write") == ["One", "Three"]
    assert found("b/write") == ["Three"]
    assert found("a/write", "Succeeded", "Policy") == ["One", "Three", "Two"]


async def test_candidates_are_remembered_within_bounds(book, service, monkeypatch):
    monkeypatch.setattr("app.detection.rules._MOST_REMEMBERED", 10)
    rules = await book.current(service.engine)
    for number in range(100):
        rules.candidates(record_of(rest(f"op{number}/write")).event)
    assert len(rules._candidates) <= 10


async def test_folders_of_the_settings_are_read_beside_the_shipped_rules(settings, clock, folder):
    async with open_service(settings.model_copy(update={"rules": (folder,)}), clock) as service:
        rules = await service.rules.current(service.engine)
    assert rule_id("One") in rules.rules
    assert [found.path for found in rules.rules.values() if found.path.is_relative_to(folder)] == [folder / "one.yml"]


def test_a_folder_that_is_not_there_is_a_mistake_of_the_setting(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        rule_folders([tmp_path / "nowhere"])
    assert caught.value.code == "invalid_setting"
    assert str(tmp_path / "nowhere") in caught.value.message
    assert rule_folders([tmp_path]) == [*shipped_rules(), tmp_path]
