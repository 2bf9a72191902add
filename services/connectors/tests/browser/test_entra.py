"""Sign-in with Entra, as somebody clicks through it; the simulator is the identity provider."""

import pytest
from browser.serving import serve
from conftest import SECRET, new_database
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def console(tmp_path_factory, postgres, lab):
    lab.cloud.register_redirect(lab.app, "http://localhost/sign-in/entra/callback")
    settings = {
        "AISOC_SIGN_IN_TENANT": lab.tenant,
        "AISOC_SIGN_IN_CLIENT_ID": lab.app.client_id,
        "AISOC_SIGN_IN_CLIENT_SECRET": SECRET,
        "AISOC_SIGN_IN_CLOUD": "Lab",
    }
    folder = tmp_path_factory.mktemp("entra")
    with new_database(postgres) as url, serve(folder, url, lab, settings=settings) as served:
        yield served


@pytest.fixture
def page(pages):
    """A browser that does not ask who made the provider's certificate."""
    return pages.window(ignore_https_errors=True).new_page()


def add_person(lab, name, *roles):
    user = lab.cloud.add_user(lab.tenant, name, f"{name.lower()}@contoso.example")
    lab.cloud.assign(user, lab.app, roles)


def test_somebody_of_the_tenant_comes_in_with_the_role_that_entra_gives(page, lab):
    add_person(lab, "Megan", "AiSOC.Analyst")
    page.goto("/?q=severity%3E%3Dhigh")
    page.get_by_role("link", name="Sign in with Microsoft Entra").click()
    page.get_by_role("link", name="Megan").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    assert page.url.endswith("/?q=severity%3E%3Dhigh")
    page.get_by_role("button", name="You").click()
    expect(page.get_by_text("megan@contoso.example")).to_be_visible()
    expect(page.get_by_text("analyst", exact=True)).to_be_visible()


def test_somebody_without_a_role_stays_out_and_reads_why(page, pages, lab):
    add_person(lab, "Bo")
    pages.watch(page).expected = {403}
    page.goto("/sign-in")
    page.get_by_role("link", name="Sign in with Microsoft Entra").click()
    page.get_by_role("link", name="Bo").click()
    expect(page.get_by_text("AiSOC.Viewer")).to_be_visible()
    assert not [cookie for cookie in page.context.cookies() if cookie["name"] == "aisoc_session"]
