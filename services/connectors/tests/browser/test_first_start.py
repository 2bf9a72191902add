"""From the first start to the first events: set-up link, admin, connector, green test, Save, events."""

import re

import pytest
from browser.forms import expect_green, fill_in, press_test
from browser.serving import PASSWORD, serve
from conftest import new_database
from playwright.sync_api import expect
from support import story


@pytest.fixture(scope="module")
def console(tmp_path_factory, postgres, lab):
    """A console that nobody has opened yet."""
    with new_database(postgres) as url, serve(tmp_path_factory.mktemp("first"), url, lab) as served:
        yield served


def test_the_way_from_the_first_start_to_the_first_events(pages, console, lab):
    lab.publish(story(lab))
    page = pages.window().new_page()
    become_admin(page, console)
    page.get_by_role("link", name="Connectors", exact=True).click()
    page.get_by_role("button", name="Add connector").click()
    page.get_by_role("link", name="Azure Activity Logs").click()
    expect(page.get_by_role("heading", level=1, name="Add Azure Activity Logs")).to_be_visible()
    fill_in(page, lab)
    expect(page.get_by_label("Setup guide")).to_contain_text(f"--scopes /subscriptions/{lab.subscription}")

    press_test(page)
    findings = page.get_by_role("log", name="Findings")
    expect(findings).to_contain_text("The Activity Log can be read")
    expect_green(page)
    page.get_by_label("Name *").fill("first")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("heading", name="First poll")).to_be_visible()
    expect(page.get_by_text(re.compile("All set: covered to"))).to_be_visible()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.filter(has_text="Create role assignment")).to_have_count(2)

    page.get_by_role("link", name="See its events").click()
    expect(page.get_by_role("heading", level=1, name="Events")).to_be_visible()
    expect(page.get_by_text("Create role assignment").first).to_be_visible()
    assert console.stored() == 6


def become_admin(page, console):
    """Follow the set-up link once; it does not open the door again."""
    page.goto(console.set_up_link)
    page.get_by_label("Your name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set up and sign in").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    used = page.context.request.get(console.set_up_link, max_redirects=0)
    assert used.status in (403, 404, 410)
