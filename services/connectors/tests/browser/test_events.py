"""The events page: how soon it is there, a search and its mistakes, an event and its link, saved searches."""

import json
import time

import pytest
from browser.conftest import BUILD
from browser.scenario import furnish
from browser.serving import PASSWORD
from browser.watch import settled
from playwright.sync_api import expect

# `python -m bench.pages` measures it on a quiet machine, where the bar is 2 seconds.
_MOST_SECONDS = 10
GRANT = "operation:roleassignments severity>=high"


@pytest.fixture(scope="module")
def furnished(console):
    return furnish(console)


@pytest.fixture
def page(visit, furnished):
    page = visit("/events")
    settled(page)
    return page


def search(page, text):
    box = page.get_by_label("Search events")
    box.fill(text)
    box.press("Enter")


def rows(page):
    """The table's rows of events."""
    return page.locator(".ag-center-cols-container [role=row]")


def open_only(page, event):
    """Search for one event and open it, once its own row is there: while rows are read, an empty one is shown."""
    search(page, f"id:{event}")
    expect(rows(page)).to_have_count(1)
    page.locator(f'.ag-center-cols-container [role=row][row-id="{event}"]').click()


def test_a_search_narrows_table_count_and_address(page, console):
    search(page, GRANT)
    expect(page.get_by_role("status").get_by_text("4 events")).to_be_visible()
    expect(rows(page)).to_have_count(4)
    expect(rows(page).first).to_contain_text("Create role assignment")
    page.wait_for_url("**/events?q=operation%3Aroleassignments+severity%3E%3Dhigh*")
    page.reload()
    expect(rows(page)).to_have_count(4)
    page.go_back()
    expect(page.get_by_label("Search events")).to_have_value("")


def test_a_mistake_is_shown_at_its_place_and_one_click_mends_it(page):
    search(page, "severty:high caller:megan")
    mistake = page.get_by_role("alert").filter(has_text="severty")
    expect(mistake.locator("mark")).to_have_text("severty")
    mistake.get_by_role("button", name="Search with severity instead").click()
    expect(page.get_by_label("Search events")).to_have_value("severity:high caller:megan")
    expect(mistake).to_be_hidden()
    expect(rows(page).first).to_contain_text("high")


def test_an_event_opens_beside_the_table_with_all_there_is_to_know(page, furnished):
    open_only(page, furnished.event)
    drawer = page.get_by_label("Event", exact=True)
    for heading in ("Who", "What", "Where", "When", "The operation's records", "Raw JSON"):
        expect(drawer.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    raw = json.loads(drawer.get_by_label("Raw JSON").inner_text())
    assert raw["operationName"]["value"]
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_the_copied_link_of_an_event_opens_it_for_somebody_who_signs_in_first(page, pages, furnished):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_only(page, furnished.event)
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_text("The link is copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"/events/{furnished.event}")

    other = pages.window().new_page()
    other.goto(link)
    other.get_by_label("Name").fill("vera")
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", name="Raw JSON")).to_be_visible()
    assert other.url == link


def test_a_value_of_an_event_narrows_the_search(page, furnished):
    open_only(page, furnished.event)
    page.get_by_role("button", name="Only this: Actor megan.okafor@contoso.example").click()
    expect(page.get_by_label("Search events")).to_have_value(f"id:{furnished.event} actor=megan.okafor@contoso.example")


def test_a_search_is_saved_under_a_name_and_opened_again(page, visit):
    search(page, GRANT)
    expect(rows(page)).to_have_count(4)
    page.get_by_role("button", name="Saved").click()
    page.get_by_text("Save this search…").click()
    dialog = page.get_by_role("dialog", name="Save this search")
    dialog.get_by_label("Name").fill("grants")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()

    later = visit("/events")
    later.get_by_role("button", name="Saved").click()
    later.get_by_text("grants", exact=True).click()
    expect(later.get_by_label("Search events")).to_have_value(GRANT)
    expect(rows(later)).to_have_count(4)


def test_nothing_found_says_so_and_what_to_do(page):
    search(page, "actor:nobody@contoso.example")
    expect(rows(page)).to_have_count(0)
    expect(page.get_by_text("No event matches")).to_be_visible()


def test_the_page_is_soon_of_use_for_a_browser_that_has_nothing_of_it(visit, furnished):
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        page = visit("/events")
        expect(rows(page).first).to_contain_text("Deallocate")
        seconds.append(time.perf_counter() - began)
        page.context.close()
    BUILD.mkdir(exist_ok=True)
    (BUILD / "cold-load.txt").write_text(f"The events page, cold: {', '.join(f'{each:.2f}' for each in seconds)} s\n")
    assert min(seconds) < _MOST_SECONDS
