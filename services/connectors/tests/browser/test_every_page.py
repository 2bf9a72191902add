"""Every page in both themes, on a desk and on a phone: accessible, nothing sticks out, a picture of each is kept."""

import re
from importlib import import_module

import pytest
from browser.conftest import PHONE, SCREENSHOTS, Pages
from browser.scenario import furnish
from browser.watch import settled, spills, violations
from playwright.sync_api import expect

from app.console import app as mounted
from app.console.pages import PAGES as DECLARED

PAGES = {
    "overview": "/",
    "alerts": "/alerts",
    "alerts-none": "/alerts?q=nothing+like+it",
    "alert-beside": "/alerts?alert={alert}",
    "alert": "/alerts/{alert}",
    "no-alert": "/alerts/00000000-0000-0000-0000-000000000000",
    "suppressions": "/alerts/suppressions",
    "rules": "/rules",
    "rules-none": "/rules?q=nothing+like+it",
    "rules-technique": "/rules?tactic=persistence&technique=T1098",
    "coverage": "/rules/coverage",
    "rule": "/rules/{rule}",
    "no-rule": "/rules/00000000-0000-0000-0000-000000000000",
    "quarantine": "/quarantine",
    "connectors": "/connectors",
    "connector": "/connectors/{connector}",
    "connector-failing": "/connectors/{failing}",
    "catalog": "/connectors/add",
    "add-connector": "/connectors/add/azure_activity",
    "events": "/events?q=severity%3E%3Dmedium",
    "mistake": "/events?q=severty%3Ahigh",
    "event-beside": "/events?event={event}",
    "event": "/events/{event}",
    "settings": "/settings",
    "profile": "/settings/profile",
    "tokens": "/settings/tokens",
    "users": "/settings/users",
    "audit": "/settings/audit",
    "keys": "/settings/keys",
    "no-event": "/events/00000000-0000-0000-0000-000000000000",
}


@pytest.fixture(scope="module")
def furnished(console):
    return furnish(console)


@pytest.fixture(scope="module")
def windows(browser, console):
    """Windows that stay open from page to page, so that only the first one loads the programs."""
    opened = Pages(browser, console)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def desk(windows, sessions):
    return windows.window(session=sessions["ada"]).new_page()


@pytest.fixture(scope="module")
def phone(windows, sessions):
    return windows.window(session=sessions["ada"], size=PHONE).new_page()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_on_a_desk_and_fits_a_phone(windows, desk, phone, furnished, name):
    windows.forget_trouble()
    for page, faults in ((desk, violations), (phone, spills)):
        page.emulate_media(color_scheme="light")
        page.goto(PAGES[name].format(**vars(furnished)))
        assert page.get_by_role("heading", level=1).count() == 1
        for theme in themes(page, name):
            found = faults(page)
            assert not found, f"{theme}: " + "\n".join(found)
    assert not windows.trouble()


def themes(page, name):
    """Show a page in one theme after the other, and keep a picture of each."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        settled(page)
        width = page.viewport_size["width"]
        page.screenshot(path=SCREENSHOTS / f"{name}-{theme}-{width}.png", full_page=True)
        yield theme


def test_no_page_of_the_console_is_left_out():
    for name in mounted._PAGES:
        import_module(f"app.console.{name}")
    shown = [path.partition("?")[0] for path in PAGES.values()]
    for declared in DECLARED:
        pattern = re.sub(r"{[^}]*}", "[^/]+", declared)
        assert any(re.fullmatch(pattern, path) for path in shown), declared


def test_the_menu_of_a_phone_leads_to_every_place(visit):
    page = visit("/", size=PHONE)
    for name in ("Connectors", "Rules", "Alerts", "Events", "Overview"):
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("navigation", name="Places").get_by_role("link", name=re.compile(f"^{name}\\b")).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
