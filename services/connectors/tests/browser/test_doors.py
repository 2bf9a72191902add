"""Who comes in, and that nobody does who has left."""

import pytest
from browser.serving import PASSWORD
from browser.watch import violations
from playwright.sync_api import expect


def sign_in(page, name="vera", password=PASSWORD):
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_the_door_leads_to_the_page_that_was_asked_for(pages):
    page = pages.window().new_page()
    page.goto("/?q=severity%3E%3Dhigh")
    expect(page).to_have_title("Sign in · AiSOC")
    sign_in(page)
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    assert page.url.endswith("/?q=severity%3E%3Dhigh")
    expect(page.get_by_label("Search events")).to_have_value("severity>=high")


def test_a_wrong_password_is_refused_in_words(pages):
    page = pages.window().new_page()
    pages.watch(page).expected = {401, 422}
    page.goto("/sign-in")
    sign_in(page, password="a wrong password, quite")
    expect(page.get_by_role("alert")).to_contain_text("password")
    expect(page.get_by_label("Name")).to_have_value("vera")
    assert not [cookie for cookie in page.context.cookies() if cookie["name"] == "aisoc_session"]


def test_signing_out_ends_the_session_in_every_window(pages):
    window = pages.window()
    left_open, page = window.new_page(), window.new_page()
    left_open.goto("/sign-in")
    sign_in(left_open, "anna")
    expect(left_open.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    page.goto("/")
    page.get_by_role("button", name="You").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · AiSOC")

    left_open.get_by_label("Search events").fill("severity>=high")
    left_open.get_by_label("Search events").press("Enter")
    expect(left_open).to_have_title("Sign in · AiSOC")
    page.go_back()
    expect(page).to_have_title("Sign in · AiSOC")


def test_a_session_that_was_ended_elsewhere_leads_an_open_page_to_the_door(pages, console):
    session = console.session("vera")
    page = pages.window(session=session).new_page()
    page.goto("/")
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    console.change("DELETE FROM sessions")
    page.get_by_role("link", name="Events").click()
    expect(page).to_have_title("Sign in · AiSOC")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_door_is_accessible_in_both_themes(pages, colours):
    page = pages.window(dark=colours == "dark").new_page()
    page.goto("/sign-in")
    assert violations(page) == []


def test_an_address_where_nothing_is_says_so_in_our_words(visit, pages):
    page = visit("/")
    pages.watch(page).expected = {404}
    answer = page.goto("/nothing/here")
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is nothing at /nothing/here.")).to_be_visible()
    page.get_by_role("link", name="To the console").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
