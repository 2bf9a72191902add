"""The console by the keyboard alone."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page(visit):
    page = visit("/")
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    page.wait_for_function("window.socket?.connected")
    return page


def test_a_slash_goes_to_the_search_and_enter_searches(page):
    page.keyboard.press("/")
    expect(page.get_by_label("Search events")).to_be_focused()
    page.keyboard.type("severity>=high g c ? /")
    expect(page.get_by_label("Search events")).to_have_value("severity>=high g c ? /")
    page.get_by_label("Search events").fill("severity>=high")
    page.keyboard.press("Enter")
    page.wait_for_url("**/events?q=severity%3E%3Dhigh")


@pytest.mark.parametrize(
    ("key", "path"),
    [("c", "/connectors"), ("a", "/alerts"), ("e", "/events"), ("r", "/rules"), ("s", "/settings"), ("o", "/")],
)
def test_g_and_a_letter_go_to_a_place(page, key, path):
    page.keyboard.press("g")
    with page.expect_navigation():
        page.keyboard.press(key)
    assert page.url.split("?")[0].endswith(path)


def test_the_help_opens_and_closes(page):
    page.keyboard.press("?")
    keys = page.get_by_role("dialog")
    expect(keys.get_by_role("heading", name="Keyboard")).to_be_visible()
    for what in ("Search", "Connectors", "Events"):
        expect(keys.get_by_text(what, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_the_first_stop_of_the_tab_key_skips_the_navigation(page):
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
