"""Adding a connector when something is wrong: what the form says, where, and what to do about it."""

import pytest
from browser.forms import expect_green, fill_in, press_test
from conftest import SECRET
from playwright.sync_api import expect


@pytest.fixture
def page(visit):
    page = visit("/connectors/add/azure_activity")
    expect(page.get_by_role("heading", level=1, name="Add Azure Activity Logs")).to_be_visible()
    return page


def test_a_wrong_secret_is_found_with_its_remedy_and_a_mended_one_is_green(page, lab):
    fill_in(page, lab, client_secret="not-the-secret")
    press_test(page)
    findings = page.get_by_role("log", name="Findings")
    expect(findings).to_contain_text("client secret")
    expect(findings).to_contain_text("the secret's Value, not its Secret ID")
    expect(findings).to_contain_text("could not collect")
    page.get_by_label("Client secret *", exact=True).fill(SECRET)
    press_test(page)
    expect_green(page)
    expect(findings.get_by_text("error:")).to_have_count(0)


def test_a_missing_role_is_found_with_its_remedy(page, lab):
    lonely = lab.cloud.add_app(lab.tenant, secret=SECRET)
    fill_in(page, lab, client_id=lonely.client_id)
    press_test(page)
    findings = page.get_by_role("log", name="Findings")
    expect(findings.get_by_text("error:").first).to_be_visible()
    expect(findings).to_contain_text("Reader")


def test_a_mistake_is_told_at_its_field_before_anybody_is_asked(page, lab, console):
    asked = len(lab.cloud.journal.of("activity"))
    fill_in(page, lab, tenant_id="contoso")
    press_test(page)
    field = page.get_by_label("Tenant ID *", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    assert len(lab.cloud.journal.of("activity")) == asked


def test_saving_what_was_not_tested_asks_first(page, lab, console):
    fill_in(page, lab)
    page.get_by_label("Name *", exact=True).fill("untested")
    page.get_by_role("button", name="Save", exact=True).click()
    warning = page.get_by_role("dialog", name="Not tested")
    warning.get_by_role("button", name="Back").click()
    expect(warning).to_be_hidden()
    assert not console.rows("SELECT 1 FROM connectors WHERE name = 'untested'")

    page.get_by_role("button", name="Save", exact=True).click()
    warning.get_by_role("button", name="Save anyway").click()
    expect(page.get_by_role("heading", name="First poll")).to_be_visible()
    assert console.rows("SELECT 1 FROM connectors WHERE name = 'untested'")


def test_what_changed_after_the_test_is_not_tested(page, lab):
    fill_in(page, lab)
    press_test(page)
    expect_green(page)
    page.get_by_label("Client secret *", exact=True).fill("another-secret-than-the-tested-one")
    page.get_by_label("Name *", exact=True).fill("stale")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("dialog", name="Not tested")).to_be_visible()


def test_the_other_subscriptions_of_the_app_are_offered_and_added_at_once(page, lab, console):
    for _ in range(2):
        lab.cloud.grant(lab.app, lab.cloud.add_subscription(lab.tenant), "Reader")
    before = console.rows("SELECT count(*) FROM connectors")[0][0]
    fill_in(page, lab)
    press_test(page)
    expect_green(page)
    page.get_by_role("button", name="Choose all").click()
    page.get_by_label("Name *", exact=True).fill("main")
    page.get_by_role("button", name="Save 3 connectors").click()
    expect(page.get_by_text("All set: covered to")).to_have_count(3)
    assert console.rows("SELECT count(*) FROM connectors")[0][0] == before + 3
