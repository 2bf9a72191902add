"""A connector's page: pause and resume, a new secret, the past read with progress, deletion that asks for the name."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from browser.scenario import routine
from conftest import SECRET
from playwright.sync_api import expect
from support import wait_until

from simulator import faults


@pytest.fixture
def row(console):
    """A connector of the test's own."""
    return console.add_connector(f"connector-{uuid4().hex[:8]}")


@pytest.fixture
def page(visit, row):
    page = visit(f"/connectors/{row.id}")
    expect(page.get_by_role("heading", level=1, name=row.name)).to_be_visible()
    return page


def choose(page, item):
    """Choose something of the menu More."""
    page.get_by_role("button", name="More").click()
    page.locator(".q-menu").get_by_text(item, exact=True).click()


def test_a_paused_connector_says_so_until_it_is_resumed(page, row, console):
    choose(page, "Pause")
    state = page.get_by_role("main")
    expect(state.get_by_text("Paused", exact=True)).to_be_visible()
    assert console.rows("SELECT enabled FROM connectors WHERE id = %s", row.id) == [(False,)]
    choose(page, "Resume")
    expect(state.get_by_text("Healthy", exact=True)).to_be_visible()


def test_a_wrong_new_secret_is_not_kept_and_a_right_one_is(page, row, console, lab):
    kept = console.rows("SELECT secrets FROM connectors WHERE id = %s", row.id)
    choose(page, "Rotate secret")
    dialog = page.get_by_role("dialog", name=f"Rotate the secret of {row.name}")
    dialog.get_by_label("Client secret *", exact=True).fill("not-the-secret")
    dialog.get_by_role("button", name="Test and save").click()
    expect(dialog).to_contain_text("The new secret does not work")
    assert console.rows("SELECT secrets FROM connectors WHERE id = %s", row.id) == kept

    dialog.get_by_label("Client secret *", exact=True).fill(SECRET)
    dialog.get_by_role("button", name="Test and save").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(f"{row.name} has a new secret")).to_be_visible()
    assert console.rows("SELECT secrets FROM connectors WHERE id = %s", row.id) != kept


def test_a_backfill_is_asked_for_and_its_progress_is_seen_moving(page, row, console, lab):
    lab.cloud.throttle.enabled = False
    # All four readers stop on their way, for longer than the page takes to look again.
    lab.cloud.faults.add(faults.hang(seconds=8, count=4, skip=10))
    lab.publish(routine(lab, lab.clock.now() - timedelta(days=20), lab.clock.now() - timedelta(days=2)))
    page.get_by_role("button", name="Backfill …").click()
    dialog = page.get_by_role("dialog", name=f"Backfill {row.name}")
    dialog.get_by_label("Days (1 to 90)").fill("30")
    dialog.get_by_role("button", name="Start backfill").click()
    expect(dialog).to_be_hidden()
    readings = page.locator("section").filter(has=page.get_by_role("heading", name="Readings asked for"))
    seen = set()

    def done():
        words = readings.inner_text()
        seen.update(re.findall(r"(\d+) of \d+ parts", words))
        return "done" in words.lower()

    wait_until(done, seconds=60)
    assert len(seen) >= 2, readings.inner_text()


def test_a_connector_is_deleted_only_by_its_name(page, row, console):
    choose(page, "Delete")
    dialog = page.get_by_role("dialog", name=f"Delete {row.name}?")
    button = dialog.get_by_role("button", name="Delete")
    expect(button).to_be_disabled()
    dialog.get_by_label(f"Type {row.name} to delete it").fill("connector")
    expect(button).to_be_disabled()
    dialog.get_by_label(f"Type {row.name} to delete it").fill(row.name)
    button.click()
    expect(page.get_by_role("heading", level=1, name="Connectors")).to_be_visible()
    expect(page.get_by_role("link", name=row.name, exact=True)).to_have_count(0)
    assert not console.rows("SELECT 1 FROM connectors WHERE id = %s", row.id)


def test_an_edit_changes_what_was_typed_and_a_mistake_stays_in_the_form(page, row, console):
    choose(page, "Edit")
    dialog = page.get_by_role("dialog", name=f"Edit {row.name}")
    dialog.get_by_text("Polling", exact=True).click()
    dialog.get_by_label("Poll interval", exact=True).fill("1")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Poll interval", exact=True)).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Poll interval", exact=True).fill("600")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    changed = console.rows("SELECT config ->> 'poll_interval_seconds' FROM connectors WHERE id = %s", row.id)
    assert changed == [("600",)]
