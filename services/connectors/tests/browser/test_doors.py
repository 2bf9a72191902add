"""Who comes in, and that nobody does who has left."""

import pytest
from browser.serving import PASSWORD
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
