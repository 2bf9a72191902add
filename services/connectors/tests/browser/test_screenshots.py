"""The pictures of the documentation: `make screenshots` puts them there, `make test` proves that they can be taken."""

import base64
from datetime import timedelta

import pytest
from browser.conftest import BUILD, ROOT
from browser.forms import expect_green, fill_in, press_test
from browser.scenario import furnish
from browser.watch import settled
from conftest import SECRET
from playwright.sync_api import expect

_SIZE, _TALL, _LOW = (1280, 800), (1280, 1120), (1280, 520)
_QUALITY = 90
_MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def furnished(console):
    return furnish(console)


@pytest.fixture
def take(request):
    """Take a picture of what a page shows in its window."""
    folder = ROOT / "docs" / "images" if request.config.getoption("--screenshots") else BUILD / "images"
    folder.mkdir(parents=True, exist_ok=True)

    def taken(page, name):
        asked = {"format": "webp", "quality": _QUALITY}
        picture = base64.b64decode(page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)["data"])
        assert len(picture) < _MOST_BYTES
        (folder / f"{name}.webp").write_bytes(picture)

    return taken


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("overview", "/"),
        ("alerts", "/alerts?alert={alert}"),
        ("alert", "/alerts/{alert}"),
        ("rules", "/rules/coverage"),
        ("connector", "/connectors/{connector}"),
        ("events", "/events?q=since%3A24h&event={event}"),
        ("users", "/settings/users"),
    ],
)
def test_a_page_for_the_documentation(visit, furnished, take, name, path):
    page = visit(path.format(**vars(furnished)), size=_SIZE)
    settled(page)
    take(page, name)


def test_the_sign_in_for_the_documentation(pages, console, take):
    page = pages.window(size=_LOW).new_page()
    page.goto("/sign-in")
    take(page, "sign-in")


def test_adding_a_connector_for_the_documentation(visit, furnished, lab, take):
    for name in ("fabrikam-payments", "fabrikam-identity"):
        other = lab.cloud.add_subscription(lab.tenant, name=name)
        lab.cloud.grant(lab.app, other, "Reader")
    page = visit("/connectors/add/azure_activity", size=_TALL)
    fill_in(page, lab, subscription_id=other, client_secret="not-the-secret")
    page.get_by_label("Secret expires on").fill(f"{lab.clock.now().date() + timedelta(days=365)}")
    press_test(page)
    expect(page.get_by_role("log", name="Findings")).to_contain_text("could not collect")
    settled(page)
    take(page, "wrong-secret")
    page.get_by_label("Client secret *", exact=True).fill(SECRET)
    press_test(page)
    expect_green(page)
    page.get_by_role("button", name="Choose all").click()
    page.mouse.move(0, 0)
    page.get_by_role("button", name="Save 2 connectors").scroll_into_view_if_needed()
    settled(page)
    take(page, "add-connector")
