"""The events page below its surface: blocks of rows, what arrives meanwhile, proposals, files."""

import csv
import io
import json

import pytest
from conftest import NOW
from support import story

from app.collection.poll import poll
from app.console.events import rows
from app.console.events.export import export_routes
from app.console.events.results import Results
from app.console.events.suggest import Suggestions
from app.search.language import parse
from app.storage.search import find_page

EVERYTHING = parse("", NOW)


@pytest.fixture
async def stored(service, row, lab):
    """Some events that matter and many that do not."""
    lab.publish([*story(lab), *lab.operations(10)])
    await poll(service, row)


async def whole(service, *, newest_first=True):
    async with service.engine.connect() as connection:
        page = await find_page(connection, EVERYTHING, limit=1000, newest_first=newest_first)
    return [str(each.event.id) for each in page.events]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_blocks_join_into_the_whole(service, stored, monkeypatch, newest_first):
    monkeypatch.setattr(rows, "BLOCK", 3)
    blocks, found, number = rows.Blocks(EVERYTHING, newest_first=newest_first), [], 0
    async with service.engine.connect() as connection:
        while (block := await blocks.read(connection, number)).end is None:
            found += block.rows
            number += 1
    found += block.rows
    assert block.end == len(found)
    assert [each["id"] for each in found] == await whole(service, newest_first=newest_first)


async def test_a_block_is_had_without_those_before_it(service, stored, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", 3)
    async with service.engine.connect() as connection:
        block = await rows.Blocks(EVERYTHING, newest_first=True).read(connection, 2)
        beyond = await rows.Blocks(EVERYTHING, newest_first=True).read(connection, 1000)
    assert [each["id"] for each in block.rows] == (await whole(service))[6:9]
    assert (beyond.rows, beyond.end) == ([], len(await whole(service)))


async def test_what_arrives_is_counted_until_it_is_shown(service, row, lab, stored, clock):
    results = Results("", EVERYTHING, newest_first=True)
    async with service.engine.connect() as connection:
        first = await results.read(connection, 0)
        await results.note(connection)
        assert await results.arrived(connection) == 0
    clock.advance(minutes=10)
    lab.publish(lab.operations(2))
    await poll(service, row)
    async with service.engine.connect() as connection:
        assert await results.arrived(connection) == 4
        assert len((await results.read(connection, 0)).rows) == len(first.rows) + 4


async def test_the_box_proposes_the_values_that_a_field_has(service, stored):
    start, found = await Suggestions().find(service, "x operation:storage", 19)
    assert start == 12
    assert [each["insert"] for each in found] == ["microsoft.storage/storageaccounts/write"]
    _, severities = await Suggestions().find(service, "severity:", 9)
    assert [each["text"] for each in severities] == ["critical", "high", "medium", "low", "info"]


@pytest.fixture
def exporting(application, calling):
    application.include_router(export_routes)
    return calling


async def test_what_a_search_finds_is_had_as_a_file(exporting, stored):
    async with exporting("viewer") as client:
        table = await client.get("/events-export", params={"q": "severity>=medium", "form": "csv"})
        lines = await client.get("/events-export", params={"q": "severity>=medium", "form": "jsonl"})
    assert table.headers["content-disposition"].endswith('.csv"')
    told = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert {each["severity"] for each in told} <= {"medium", "high"}
    assert [each["id"] for each in told] == [json.loads(line)["id"] for line in lines.text.splitlines()]
    assert told


async def test_a_file_is_for_who_is_signed_in_and_for_searches_that_can_be_understood(exporting, stored):
    async with exporting(None) as nobody:
        assert (await nobody.get("/events-export")).status_code in {303, 401}
    async with exporting("viewer") as client:
        assert (await client.get("/events-export", params={"q": "colour:red"})).status_code == 422
