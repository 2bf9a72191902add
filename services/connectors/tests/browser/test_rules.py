"""The pages on rules: list, on and off, the matrix, hunts, explanations, bad files, checking, who may what."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from browser.serving import serve
from browser.watch import settled, spills, violations
from conftest import new_database
from playwright.sync_api import expect
from support import wait_until

DELETED = "11111111-1111-4111-8111-111111111111"
GRANTED = "22222222-2222-4222-8222-222222222222"
MANY = "33333333-3333-4333-8333-333333333333"
_RULE = """
title: {title}
id: {id}
status: test
description: Somebody did that. <b>Not bold</b>
references:
    - https://example.com/why
    - javascript:alert(1)
logsource:
    product: azure
    service: activitylogs
detection:
    selection:
        operationName|endswith: '{operation}'
    ended:
        status: Succeeded
    condition: selection and ended
falsepositives:
    - A planned change
level: {level}
tags:
    - attack.{tactic}
    - attack.{technique}
aisoc:
    why: It cannot be undone.
    next_steps:
        - Ask who did it.
"""
_MANY = f"""
title: Test many disks deleted
id: {MANY}
status: test
description: One actor deletes several disks.
correlation:
    type: event_count
    rules:
        - {DELETED}
    group-by:
        - aisoc.actor
    timespan: 1h
    condition:
        gte: 2
    generate: true
level: high
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of rules of the operator's own."""
    found = tmp_path_factory.mktemp("rules")
    rules = {
        "deleted": ("Test disk deleted", DELETED, "/disks/delete", "medium", "impact", "t1485"),
        "granted": ("Test role granted", GRANTED, "/roleAssignments/write", "critical", "persistence", "t1098.003"),
    }
    names = ("title", "id", "operation", "level", "tactic", "technique")
    for name, values in rules.items():
        (found / f"{name}.yml").write_text(_RULE.format(**dict(zip(names, values, strict=True))))
    (found / "many.yml").write_text(_MANY)
    return found


@pytest.fixture(scope="module")
def console(tmp_path_factory, postgres, lab, folder):
    """A console with rules of its own, and events that one of them is about."""
    settings = {"AISOC_RULES": str(folder)}
    with (
        new_database(postgres) as url,
        serve(tmp_path_factory.mktemp("console"), url, lab, settings=settings) as served,
    ):
        served.add_people()
        at = lab.clock.now() - timedelta(minutes=20)
        served.collect(
            [
                event
                for number in range(3)
                for event in lab.operation("Microsoft.Compute/disks/delete", at - number * timedelta(minutes=1))
            ]
        )
        yield served


def row(page, title):
    """The list's row of a rule."""
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=title, exact=True))


def opened(visit, path, name="ada", **options):
    page = visit(path, name, **options)
    settled(page)
    return page


def off(console, rule):
    return console.rows("SELECT 1 FROM rule_switches WHERE rule_id = %s AND NOT enabled", rule) != []


def test_the_list_tells_what_a_rule_found_and_where_it_came_from(visit):
    page = opened(visit, "/rules?q=test+disk")
    found = row(page, "Test disk deleted")
    expect(found).to_contain_text("medium")
    expect(found).to_contain_text("T1485")
    expect(found).to_contain_text("deleted.yml")
    expect(found.get_by_role("link", name="3 alerts")).to_be_visible()
    found.get_by_role("link", name="3 alerts").click()
    page.wait_for_url(f"**/alerts?*rule={DELETED}*")


def test_a_rule_is_turned_off_and_on_by_an_analyst(visit, console):
    page = opened(visit, "/rules?q=test+role", "anna")
    switch = row(page, "Test role granted").get_by_role("switch", name="Test role granted is on")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(page.get_by_text("The rule is off")).to_be_visible()
    expect(row(page, "Test role granted")).to_contain_text("Off")
    assert off(console, GRANTED)

    there = opened(visit, f"/rules/{GRANTED}", "anna")
    switch = there.get_by_role("switch", name="The rule is on")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(there.get_by_text("The rule is on.")).to_be_visible()
    wait_until(lambda: not off(console, GRANTED))


def test_filters_narrow_the_list_and_stand_in_the_address(visit):
    page = opened(visit, "/rules")
    page.get_by_label("Title, technique or file").fill("test disk")
    expect(row(page, "Test disk deleted")).to_be_visible()
    expect(row(page, "Test role granted")).to_have_count(0)
    page.wait_for_url("**/rules?q=test+disk")
    page.get_by_label("Severity").click()
    page.get_by_role("option", name="Critical").click()
    expect(page.get_by_text("No rule is like that.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("No rule is like that.")).to_be_visible()


def test_a_cell_of_the_matrix_leads_to_its_rules(visit):
    page = opened(visit, "/rules/coverage")
    column = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Persistence", exact=True))
    column.get_by_role("link", name="Account Manipulation, T1098").click()
    page.wait_for_url("**/rules?tactic=persistence&technique=T1098")
    expect(row(page, "Test role granted")).to_be_visible()
    expect(row(page, "Test disk deleted")).to_have_count(0)
    page.get_by_role("button", name="Clear all").click()
    expect(row(page, "Test disk deleted")).to_be_visible()


def test_techniques_without_rules_are_told_and_can_be_put_away(visit):
    page = opened(visit, "/rules/coverage")
    bare = page.get_by_text("Cloud Service Dashboard")
    expect(bare).to_be_visible()
    expect(page.get_by_text("Rules watch for")).to_be_visible()
    page.get_by_role("switch", name="Show techniques without rules").click()
    expect(bare).to_be_hidden()


def test_a_rules_page_tells_all_of_it_as_text(visit):
    page = opened(visit, f"/rules/{DELETED}")
    for said in ("Somebody did that. <b>Not bold</b>", "It cannot be undone.", "A planned change", "Ask who did it."):
        expect(page.get_by_text(said).first).to_be_visible()
    expect(page.get_by_label("The rule as written")).to_contain_text("endswith: '/disks/delete'")
    expect(page.get_by_role("link", name="https://example.com/why")).to_be_visible()
    expect(page.get_by_role("link", name="javascript:alert(1)")).to_have_count(0)
    expect(page.get_by_role("link", name="Test many disks deleted")).to_be_visible()


def test_a_correlation_tells_what_it_counts(visit):
    page = opened(visit, f"/rules/{MANY}")
    expect(page.get_by_text("2 or more operations within 1 hour with the same actor")).to_be_visible()
    page.get_by_role("link", name="Test disk deleted").first.click()
    page.wait_for_url(f"**/rules/{DELETED}")


def test_a_hunt_finds_what_happened_and_leads_to_the_events(visit, console):
    page = opened(visit, f"/rules/{DELETED}", "anna")
    page.get_by_role("button", name="Hunt …").click()
    dialog = page.get_by_role("dialog", name="Hunt with Test disk deleted")
    expect(dialog.get_by_role("checkbox", name="Also make alerts")).not_to_be_checked()
    dialog.get_by_role("button", name="24 hours").click()
    dialog.get_by_role("button", name="Start hunt").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("3 matches found in")).to_be_visible()
    page.get_by_text("Show 3 events").click()
    hunts = page.locator("section").filter(has=page.get_by_role("heading", name="Hunts"))
    links = hunts.get_by_role("listitem").get_by_role("link", name="disk")
    expect(links).to_have_count(3)
    links.first.click()
    page.wait_for_url("**/events/*")
    [(since, until)] = console.rows("SELECT since, until FROM hunts WHERE rule_id = %s", DELETED)
    assert until - since == timedelta(days=1)


def add_running_hunt(console, rule, told):
    """Add a hunt that stays as it is: its job is not due today, and without one the worker would begin it anew."""
    hunt = str(uuid4())
    console.rows(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'hunt', 0, NULL, NULL, %s, now() + interval '1 day')"
        "::procrastinate_job_to_defer_v1])",
        json.dumps({"hunt_id": hunt}),
    )
    console.rows(
        "INSERT INTO hunts (id, rule_id, since, until, make_alerts, state, requested_by, requested_at, progress)"
        " VALUES (%s, %s, now() - interval '7 days', now(), false, 'running', 'anna', now(), %s) RETURNING id",
        *(hunt, rule, json.dumps(told)),
    )


def test_a_running_hunt_shows_how_far_it_is_and_can_be_stopped(visit, console):
    told = {"events_total": 200, "events_judged": 50, "events_matched": 4, "matches": 2, "event_ids": []}
    add_running_hunt(console, GRANTED, told)
    page = opened(visit, f"/rules/{GRANTED}", "anna")
    expect(page.get_by_text("50 of 200 events judged. 2 matches found so far.")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Progress of the hunt")).to_have_attribute("aria-valuenow", "0.25")
    console.change("UPDATE hunts SET progress = jsonb_set(progress, '{events_judged}', '150') WHERE state = 'running'")
    expect(page.get_by_text("150 of 200 events judged.")).to_be_visible()
    page.get_by_role("button", name="Stop the hunt").click()
    expect(page.get_by_text("Stopped after 150 events.")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Progress of the hunt")).to_be_hidden()


def test_a_rule_is_explained_on_an_event(visit, console):
    [(event,)] = console.rows("SELECT id FROM events WHERE status = 'Succeeded' ORDER BY event_time DESC LIMIT 1")
    page = opened(visit, f"/rules/{DELETED}", "vera")
    page.get_by_role("button", name="Explain …").click()
    dialog = page.get_by_role("dialog", name="Explain Test disk deleted")
    dialog.get_by_label("Event", exact=True).fill(f"{console.address}/events/{event}")
    dialog.get_by_role("button", name="Explain", exact=True).click()
    expect(dialog.get_by_text("The rule matches this event")).to_be_visible()
    expect(dialog.get_by_role("list", name="Condition")).to_contain_text("Microsoft.Compute/disks/delete")
    dialog.get_by_label("Event", exact=True).fill(str(UUID(int=7)))
    dialog.get_by_label("Event", exact=True).press("Enter")
    expect(dialog.get_by_text("There is no such event here")).to_be_visible()


def test_a_part_that_fails_is_told_with_what_the_event_has(visit, console):
    [(event,)] = console.rows("SELECT id FROM events WHERE status = 'Started' ORDER BY event_time DESC LIMIT 1")
    page = opened(visit, f"/rules/{DELETED}")
    page.get_by_role("button", name="Explain …").click()
    dialog = page.get_by_role("dialog", name="Explain Test disk deleted")
    dialog.get_by_label("Event", exact=True).fill(str(event))
    dialog.get_by_role("button", name="Explain", exact=True).click()
    expect(dialog.get_by_text("The rule does not match this event")).to_be_visible()
    failed = dialog.locator("li.part-no").filter(has_text="status").last
    expect(failed).to_contain_text("Started")
    settled(page)
    assert not violations(page, ".q-dialog")


def test_a_bad_file_is_told_with_its_line_until_it_is_mended(visit, folder):
    bad = folder / "bad.yml"
    bad.write_text(
        "title: Test bad\nid: 44444444-4444-4444-8444-444444444444\nlogsource: {product: azure}\n"
        "detection:\n    one:\n        operationName|nosuch: x\n    condition: one\nlevel: low\n"
    )
    page = opened(visit, "/rules")
    problem = page.get_by_text("bad.yml, line 6")
    expect(problem).to_contain_text("nosuch", timeout=30_000)
    expect(row(page, "Test disk deleted")).to_be_visible()
    bad.unlink()
    expect(problem).to_have_count(0, timeout=30_000)


def test_a_rule_is_checked_before_it_is_a_file(visit):
    page = opened(visit, "/rules", "anna")
    page.get_by_role("button", name="Check a rule …").click()
    dialog = page.get_by_role("dialog", name="Check a rule")
    expect(dialog.get_by_role("button", name="Check", exact=True)).to_be_disabled()
    text = _RULE.format(
        title="Test new", id=uuid4(), operation="/x", level="low", tactic="impact", technique="t1485"
    ).strip()
    dialog.get_by_label("YAML of the rule").fill(text.replace("selection and ended", "selection and nothing"))
    dialog.get_by_role("button", name="Check", exact=True).click()
    expect(dialog.get_by_text("Line ")).to_contain_text("nothing")
    dialog.get_by_label("YAML of the rule").fill(text)
    dialog.get_by_role("button", name="Check", exact=True).click()
    expect(dialog.get_by_text("Fine: the rule can be used.")).to_be_visible()
    settled(page)
    assert not violations(page, ".q-dialog")


def test_a_viewer_sees_rules_and_changes_nothing(visit):
    page = opened(visit, "/rules?q=test+disk", "vera")
    expect(row(page, "Test disk deleted")).to_contain_text("On")
    expect(page.get_by_role("switch")).to_have_count(0)
    expect(page.get_by_role("button", name="Check a rule …")).to_have_count(0)
    page.get_by_role("link", name="Test disk deleted", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Test disk deleted")).to_be_visible()
    expect(page.get_by_role("button", name="Hunt …")).to_have_count(0)
    expect(page.get_by_role("switch")).to_have_count(0)


def test_the_folders_that_are_read_are_told(visit, folder):
    page = opened(visit, "/rules")
    page.get_by_role("button", name="Add rules …").click()
    dialog = page.get_by_role("dialog", name="Add rules")
    expect(dialog).to_contain_text(str(folder))
    settled(page)
    assert not violations(page, ".q-dialog")


@pytest.mark.parametrize("path", ["/rules", "/rules/coverage", f"/rules/{DELETED}"])
def test_pages_on_rules_fit_a_phone(visit, path):
    page = opened(visit, path, size=(390, 844))
    assert not spills(page)
