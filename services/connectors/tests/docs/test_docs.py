"""The documentation is complete: what the code has and a user can meet has its line there."""

import ast
import inspect
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
import typer.main
from typer.core import TyperArgument, TyperGroup, TyperOption

from app.cli import app as command_line
from app.cli.commands import Commands, load
from app.connectors import connector_ids, get_connector
from app.connectors.azure_activity import _HIGH_BLAST_RADIUS_VERBS
from app.events.event import Event
from app.search.fields import NAMES
from app.search.language import parse
from app.settings import Settings

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[4]
SOURCE = ROOT / "services" / "connectors" / "app"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Of a call, which argument is the code; Finding(level, code, …) may also name it.
CODE_ARGUMENT = {
    "Abort": 0,
    "Retry": 0,
    "Skip": 0,
    "InvalidInput": 0,
    "InvalidSearch": 0,
    "NotFound": 0,
    "Conflict": 0,
    "Denied": 0,
    "NotSignedIn": 0,
    "Finding": 1,
}
# Every command has these two; the page says so once.
HELP = {"-h", "--help"}


def page(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return the text under a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", prose(text), re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def rows(text: str) -> set[str]:
    """Return the names that tables explain: the code words in first cells of rows whose further cells say something."""
    cells = (line.strip().strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `"))
    return {name for first, *rest in cells if any(map(str.strip, rest)) for name in re.findall(r"`([^`]+)`", first)}


def commands(command: Any = None, path: str = "aisoc") -> Iterator[tuple[str, Any]]:
    """Yield every command that does something by itself, with what is typed for it."""
    command = command or typer.main.get_command(command_line)
    group = isinstance(command, TyperGroup)
    if not group or command.invoke_without_command:
        yield path, command
    if group:
        for name, inner in command.commands.items():
            yield from commands(load(name) if isinstance(command, Commands) else inner, f"{path} {name}")


def typed(command: Any) -> list[str]:
    """Return the options of a command, and the arguments that have a word of their own (`FILE…`)."""
    options = [parameter for parameter in command.params if isinstance(parameter, TyperOption)]
    arguments = [parameter.metavar for parameter in command.params if isinstance(parameter, TyperArgument)]
    spellings = [spelling for option in options for spelling in (*option.opts, *option.secondary_opts)]
    return [word for word in (*spellings, *arguments) if word and word not in HELP]


def codes() -> dict[str, str]:
    """Return each error and finding code of the source, with where it is."""
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CODE_ARGUMENT:
                place = f"{file.relative_to(ROOT)}:{node.lineno}"
                found[code_of(node, CODE_ARGUMENT[node.func.id], place)] = place
    return found


def code_of(call: ast.Call, position: int, place: str) -> str:
    """Return the code that a call names, by position or as code=…; it must be written out to be found."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    value = next(iter([*named, *call.args[position:]]), None)
    assert isinstance(value, ast.Constant), f"{place}: the code is not written out"
    return str(value.value)


def prose(text: str) -> str:
    """Return a page without its fenced blocks, in which a # begins no heading."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def links(text: str) -> list[str]:
    """Return the targets of a page's links."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(text))


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("path", "command"), [pytest.param(*found, id=found[0]) for found in commands()])
def test_every_command_has_a_section_with_an_example_and_all_its_options(path: str, command: Any) -> None:
    told = section(page("docs/commands.md"), path)
    assert f"{path} " in told or f"`{path}`" in told, f"docs/commands.md has no section {path!r} with an example"
    missing = [option for option in typed(command) if not re.search(rf"{re.escape(option)}(?![\w-])", told)]
    assert not missing, f"docs/commands.md does not tell of {path}: {missing}"


def test_the_list_of_commands_says_of_each_what_it_says_of_itself() -> None:
    for name, listed in Commands().commands.items():
        assert inspect.cleandoc(load(name).help).partition("\n\n")[0].replace("\n", " ") == listed.help


def test_every_option_of_aisoc_itself_is_documented() -> None:
    told = page("docs/commands.md")
    missing = [option for option in typed(typer.main.get_command(command_line)) if f"`{option}`" not in told]
    assert not missing


def test_the_page_of_commands_tells_of_no_command_that_does_not_exist() -> None:
    told = set(re.findall(r"^### (aisoc .+)$", page("docs/commands.md"), re.MULTILINE))
    assert told == {path for path, _ in commands()}


def test_every_setting_is_in_the_table_of_operations() -> None:
    told = rows(section(page("docs/operations.md"), "Settings"))
    assert told == {f"AISOC_{name}".upper() for name in Settings.model_fields}


@pytest.mark.parametrize("connector_id", connector_ids())
def test_every_field_of_a_connector_is_in_the_table_of_its_page(connector_id: str) -> None:
    connector = get_connector(connector_id)
    told = rows(section(page(connector.docs), "Configuration"))
    assert told >= set(connector.Config.model_fields), f"{connector.docs}, Configuration"
    defaults = {
        name: str(field.default)
        for name, field in connector.Config.model_fields.items()
        if not field.is_required() and field.default is not None
    }
    table = section(page(connector.docs), "Configuration").splitlines()
    for name, default in defaults.items():
        row = next(line for line in table if line.startswith(f"| `{name}`"))
        assert default in row.split(" | ")[1].replace(",", ""), f"{connector.docs}: default of {name}"


@pytest.mark.parametrize("connector_id", connector_ids())
def test_every_field_of_an_event_is_in_the_table_of_its_connectors_page(connector_id: str) -> None:
    docs = get_connector(connector_id).docs
    told = rows(section(page(docs), "Fields"))
    assert told == {field.name for field in msgspec.structs.fields(Event)}, f"{docs}, Fields"


def test_every_error_and_finding_code_is_explained() -> None:
    found = codes()
    assert len(found) > 50, "the collection of codes finds too little"
    told = rows(page("docs/errors.md"))
    missing = {code: place for code, place in found.items() if code not in told}
    assert not missing, f"not in docs/errors.md: {missing}"


def test_no_code_is_explained_that_the_source_does_not_have() -> None:
    assert not rows(page("docs/errors.md")) - set(codes())


def test_every_field_of_a_search_is_in_the_table_of_its_page() -> None:
    assert rows(section(page("docs/search.md"), "Fields")) >= set(NAMES)


def test_every_search_that_the_page_shows_is_understood() -> None:
    text = page("docs/search.md")
    terms = [line.split(" | ")[1] for line in section(text, "Terms").splitlines() if line.startswith("| ")][1:]
    told = [search for cell in terms for search in re.findall(r"`([^`]+)`", cell)]
    blocks = re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    examples = [line for block in blocks[:2] for line in block.splitlines()]
    assert (len(told) > 9, len(examples) > 8) == (True, True)
    for search in (*told, *examples, *(field.example for field in NAMES.values())):
        assert parse(search, NOW).parts, search


def test_every_kind_of_log_line_is_explained() -> None:
    told = rows(section(page("docs/operations.md"), "Logs and history"))
    logged = {
        str(node.args[0].value)
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log.")
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert len(logged) > 5, "the collection of log lines finds too little"
    assert logged <= told


def test_every_severity_pattern_is_in_the_connectors_table() -> None:
    lines = section(page("docs/connectors/azure-activity.md"), "Severity").splitlines()
    for radius in _HIGH_BLAST_RADIUS_VERBS:
        row = next((line for line in lines if line.startswith("| ") and f"`{radius.pattern}`" in line), "")
        assert f"| {radius.severity} | {radius.reason}" in row, f"severity table: {radius.pattern}"


@pytest.mark.parametrize("file", [pytest.param(file, id=str(file.relative_to(ROOT))) for file in PAGES])
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_exist(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for link in links(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{link} names no heading"


@pytest.mark.parametrize("file", [pytest.param(file, id=str(file.relative_to(ROOT))) for file in PAGES])
def test_no_page_names_the_folder_it_was_written_in(file: Path) -> None:
    assert str(ROOT) not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("package", ["connectors", "simulator"])
def test_every_direct_dependency_has_its_reason_and_licence_in_the_decision(package: str) -> None:
    project = tomllib.loads(page(f"services/{package}/pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project.get("optional-dependencies", {}).get("dev", [])]
    table = [line.split(" | ") for line in page("docs/decisions/0001-dependencies.md").splitlines() if " | " in line]
    told = {name for row in table if len(row) == 3 for name in re.findall(r"[a-z][\w-]*", row[0])}
    assert {re.split(r"[\[<>=]", requirement)[0] for requirement in wanted} <= told


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ {4})make ([a-z]+)", page(name), re.MULTILINE))
    assert named
    assert named <= targets
