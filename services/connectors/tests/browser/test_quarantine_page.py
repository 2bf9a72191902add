"""The page of quarantine: reasons and bytes as text, another try, and that a viewer only looks."""

import json

import pytest
from browser.watch import settled
from playwright.sync_api import expect

from app.storage.quarantine import Unreadable, quarantine_records

_HOSTILE = b'{"caller": "<img src=x onerror=alert(1)>\xff\xe2\x80\xae"}'


@pytest.fixture
def held(console, lab):
    """Two records: one that is understood by now, one that never will be."""
    [event, _] = lab.operation("Microsoft.Compute/disks/delete", lab.clock.now())
    records = [
        Unreadable(json.dumps(event).encode(), "azure_activity", "no_time", "It had no time."),
        Unreadable(_HOSTILE, "azure_activity", "no_time", "It says <b>nothing</b>."),
    ]

    async def hold(service):
        async with service.engine.begin() as connection:
            await quarantine_records(connection, "production", records)

    console.do(hold)
    yield
    console.change("DELETE FROM quarantine")


def test_records_are_shown_as_text_with_their_reason(visit, held):
    page = visit("/quarantine", "vera")
    settled(page)
    expect(page.get_by_text("2 records not understood")).to_be_visible()
    record = page.get_by_role("article").filter(has_text="It says <b>nothing</b>.")
    record.get_by_text("Show the record").click()
    shown = record.get_by_label("The record as received")
    expect(shown).to_contain_text('"<img src=x onerror=alert(1)>\\xff\\u202e"')
    assert page.locator("img[src=x], article b").count() == 0
    expect(page.get_by_role("button", name="Try")).to_have_count(0)


def test_all_are_tried_again_and_what_is_understood_becomes_an_event(visit, console, held):
    before = console.stored()
    page = visit("/quarantine", "anna")
    page.get_by_role("button", name="Try all again").click()
    expect(page.get_by_text("2 records tried: 1 became an event, 1 is still not understood.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(1)
    assert console.stored() == before + 1


def test_one_is_tried_again(visit, held):
    page = visit("/quarantine", "anna")
    page.get_by_role("article").filter(has_text="It says").get_by_role("button", name="Try the record").click()
    expect(page.get_by_text("1 record tried: 1 is still not understood.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(2)


def test_the_overview_leads_there_and_an_empty_quarantine_says_so(visit, held, console):
    page = visit("/")
    page.get_by_role("link", name="Open quarantine").click()
    expect(page.get_by_role("heading", level=1, name="Quarantine")).to_be_visible()
    console.change("DELETE FROM quarantine")
    page.reload()
    expect(page.get_by_text("Every record was understood")).to_be_visible()
