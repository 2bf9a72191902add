"""The settings: a user added and let in by a link, a token made and revoked, the audit log, the keys."""

import pytest
from browser.serving import PASSWORD
from playwright.sync_api import expect


@pytest.fixture
def page(visit):
    return visit("/settings/users")


def test_a_user_who_was_added_chooses_a_password_by_the_link_that_is_shown_once(page, pages):
    page.get_by_role("button", name="Add user").click()
    dialog = page.get_by_role("dialog", name="Add user")
    dialog.get_by_label("Name *").fill("brigitte")
    dialog.get_by_role("button", name="Add user").click()
    shown = page.get_by_role("dialog", name="Password link for brigitte")
    link = shown.locator("pre").inner_text()
    shown.get_by_role("button", name="Done").click()
    expect(page.get_by_role("row").filter(has_text="brigitte")).to_contain_text("No password yet")

    window = pages.window()
    other = window.new_page()
    other.goto(link)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    other.get_by_label("The same password again").fill(PASSWORD)
    other.get_by_role("button", name="Set the password and sign in").click()
    expect(other.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    pages.watch(other).expected = {404}
    assert other.goto(link).status == 404  # it works once


def test_a_token_works_until_it_is_revoked(page, pages, console):
    page.goto("/settings/tokens")
    page.get_by_role("button", name="Create token").click()
    dialog = page.get_by_role("dialog", name="Create token")
    dialog.get_by_label("What it is for *").fill("report")
    dialog.get_by_role("button", name="Create token").click()
    shown = page.get_by_role("dialog", name="Token report")
    bearer = {"Authorization": f"Bearer {shown.locator('pre').inner_text()}"}
    shown.get_by_role("button", name="Done").click()
    program = pages.window().request
    assert program.get("/api/v1/connectors", headers=bearer).status == 200

    page.get_by_role("button", name="Revoke report of ada").first.click()
    page.get_by_role("dialog", name="Revoke the token?").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("button", name="Revoke report of ada")).to_have_count(0)
    assert program.get("/api/v1/connectors", headers=bearer).status == 401


def test_the_audit_log_tells_who_did_what(page, console):
    console.add_connector("audited")
    page.goto("/settings/audit")
    expect(page.get_by_role("main")).to_contain_text("audited")


def test_keys_are_rotated_after_asking(page, console):
    console.add_connector("kept")
    kept = console.rows("SELECT secrets FROM connectors WHERE name = 'kept'")
    page.goto("/settings/keys")
    page.get_by_role("button", name="Rotate keys").click()
    page.get_by_role("dialog", name="Rotate the keys?").get_by_role("button", name="Rotate").click()
    expect(page.get_by_role("status").get_by_text("encrypted with the key")).to_be_visible()
    assert console.rows("SELECT secrets FROM connectors WHERE name = 'kept'") != kept
