"""Alerts of the real rules on events of the simulated cloud: found while they are stored, and told on their pages."""

from datetime import timedelta

import pytest
from browser.watch import settled
from playwright.sync_api import expect

from simulator.scenario import attack_story


@pytest.fixture(scope="module")
def attacked(console, lab):
    """An attack that was collected; returns the alert about its grant of the role Owner."""
    steps = attack_story(lab.make, lab.clock.now() - timedelta(minutes=45), timedelta(minutes=3))
    console.collect([event for step in steps for event in step.events])
    [found] = console.rows(
        "SELECT id, title FROM alerts WHERE facts ->> 'role' = 'Owner' AND outcome = 'success' AND kind = 'event'"
    )
    return found


def test_the_queue_shows_what_the_rules_found_in_an_attack(visit, attacked):
    page = visit("/alerts", "anna")
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=attacked[1], exact=True))
    for said in ("Succeeded", "New", "Unassigned", "T1098"):
        expect(row.first).to_contain_text(said)


def test_an_alert_tells_what_happened_and_what_to_do(visit, attacked):
    page = visit(f"/alerts/{attacked[0]}", "anna")
    settled(page)
    expect(page.get_by_role("heading", level=1, name=attacked[1])).to_be_visible()
    for heading in ("What happened", "What to do next", "Why it matters", "ATT&CK", "The operation", "History"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_text("the whole subscription", exact=True)).to_be_visible()
    steps = page.get_by_role("link", name="Started", exact=True), page.get_by_role("link", name="Succeeded", exact=True)
    for step in steps:
        expect(step.first).to_be_visible()
    expect(page.get_by_text("the rule matched here").first).to_be_visible()


def test_an_event_leads_to_its_alert_and_back(visit, attacked):
    page = visit(f"/alerts/{attacked[0]}", "anna")
    page.get_by_role("link", name="Started", exact=True).first.click()
    page.get_by_role("link", name=f"Alert: {attacked[1]}").click()
    expect(page.get_by_role("heading", level=1, name=attacked[1])).to_be_visible()


def test_the_overview_leads_to_the_open_alerts(visit, attacked):
    page = visit("/", "vera")
    page.get_by_role("link", name="high").filter(has_not_text="today").first.click()
    page.wait_for_url("**/alerts?severity=high")
    expect(page.get_by_role("group", name="Severity").get_by_role("button", pressed=True)).to_contain_text("high")
