"""What several tests type: the form of a connector, as a person fills it in."""

import json
from typing import Any

from conftest import Lab
from playwright.sync_api import Page, expect

_LABELS = {
    "tenant_id": "Tenant ID *",
    "client_id": "Client ID *",
    "client_secret": "Client secret *",
    "subscription_id": "Subscription ID *",
}


def fill_in(page: Page, lab: Lab, **changes: Any) -> None:
    """Type a connector's configuration, and choose the lab's cloud."""
    config = json.loads(lab.config(**changes))
    for field, label in _LABELS.items():
        page.get_by_label(label, exact=True).fill(config[field])
    page.get_by_label("Cloud", exact=True).click()
    page.get_by_role("option", name=config["cloud"]).click()


def press_test(page: Page) -> None:
    """Press the button; what is found comes into the list of findings."""
    page.get_by_role("button", name="Test connection").click()


def expect_green(page: Page) -> None:
    """Wait until the test has ended well."""
    expect(page.get_by_role("log", name="Findings").get_by_text("The connection works.")).to_be_visible()
