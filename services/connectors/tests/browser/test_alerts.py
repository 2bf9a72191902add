"""The alerts' pages: the queue and its filters, one alert and what people do with it, by mouse and by keyboard."""

from datetime import timedelta

import pytest
from browser.watch import settled
from filed_alerts import file_alert
from playwright.sync_api import expect

ACTOR = "megan.okafor@contoso.example"
HOSTILE = "<img src=x onerror=alert(1)> <b>bold</b> {{7*7}}"


@pytest.fixture
def file(console):
    """Put an alert into the store; returns its id."""

    def filed(title, **changes):
        changes = {"entities": [("actor", ACTOR), ("ip", "203.0.113.7")]} | changes
        return console.do(lambda service: file_alert(service, title=title, **changes))

    return filed


@pytest.fixture(autouse=True)
def _empty(console):
    console.change("TRUNCATE alerts, alert_events, alert_entities, alert_changes, suppressions")


@pytest.fixture
def queue(visit):
    """Open the queue as somebody, at a filter."""

    def opened(query="", name="anna", **options):
        page = visit(f"/alerts{query}", name, **options)
        settled(page)
        return page

    return opened


def rows(page):
    return page.get_by_role("list", name="Queue of alerts").get_by_role("listitem")


def row(page, title):
    return rows(page).filter(has_text=title)


def drawer(page):
    return page.get_by_role("complementary", name="Alert")


def close_as(page, verdict, note=""):
    """Fill in the dialog that closes."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=verdict).check()
    if note:
        dialog.get_by_label("Note").fill(note)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_the_queue_shows_what_somebody_needs_to_choose_by(queue, file):
    file("Owner granted to build-agent", severity="critical", outcome="failure", assignee="anna")
    page = queue()
    shown = row(page, "Owner granted to build-agent")
    for said in (
        "critical",
        "Failed",
        "A powerful role was granted",
        ACTOR,
        "1 event",
        "T1098.003",
        "New",
        "5 min ago",
    ):
        expect(shown).to_contain_text(said)
    expect(shown).to_contain_text("assigned to anna")
    expect(page.get_by_role("navigation", name="Places").get_by_role("link", name="Alerts")).to_contain_text("1 new")


def test_an_alert_of_the_severity_table_says_so(queue, file):
    file("Deleted a key vault", kind="severity", rule_id="severity:vaults/delete", rule_title="vaults/delete")
    expect(row(queue(), "Deleted a key vault")).to_contain_text("Severity table")


def test_the_most_severe_stand_first_and_the_newest_on_demand(queue, file):
    file("an hour ago", severity="critical", ago=timedelta(hours=1))
    file("just now", severity="low")
    page = queue()
    expect(rows(page)).to_contain_text(["an hour ago", "just now"])
    page.get_by_label("Order").click()
    page.get_by_role("option", name="Newest first").click()
    expect(rows(page)).to_contain_text(["just now", "an hour ago"])
    page.wait_for_url("**/alerts?order=newest")


def test_a_filter_narrows_the_queue_and_is_in_the_address(queue, file):
    file("low one", severity="low")
    file("mine", severity="high", assignee="anna")
    file("done before", status="closed", verdict="benign")
    page = queue()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("group", name="Severity").get_by_role("button", name="high").click()
    expect(rows(page)).to_contain_text(["mine"])
    page.wait_for_url("**/alerts?severity=high")
    page.reload()
    expect(rows(page)).to_contain_text(["mine"])
    page.go_back()
    expect(rows(page)).to_have_count(2)
    page.get_by_role("group", name="State").get_by_role("button", name="Closed").click()
    expect(rows(page)).to_contain_text(["done before"])
    page.get_by_role("group", name="State").get_by_role("button", name="All").click()
    page.get_by_label("Filter by title").fill("nothing like it")
    expect(page.get_by_text("No alert matches")).to_be_visible()
    page.get_by_role("button", name="Take the filter away").click()
    expect(rows(page)).to_have_count(3)


def test_the_alerts_about_somebody_are_found_by_the_entity(queue, file):
    file("by megan")
    file("by another", entities=[("actor", "other@contoso.example")])
    page = queue()
    row(page, "by megan").get_by_role("link", name="by megan").click()
    drawer(page).get_by_role("link", name=f"Alerts of {ACTOR}").click()
    expect(rows(page)).to_contain_text(["by megan"])
    page.get_by_role("button", name="Not only Actor").click()
    expect(rows(page)).to_have_count(2)


def test_the_keyboard_moves_opens_and_closes(queue, file, console):
    for number in range(3):
        file(f"alert {number}", ago=timedelta(minutes=number + 5))
    page = queue()
    for key, title in (("j", "alert 0"), ("j", "alert 1"), ("ArrowDown", "alert 2"), ("k", "alert 1")):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=title)).to_be_focused()
    page.keyboard.press("Enter")
    expect(drawer(page).get_by_role("heading", name="alert 1")).to_be_visible()
    page.keyboard.press("j")
    expect(drawer(page).get_by_role("heading", name="alert 2")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer(page)).to_be_hidden()
    expect(page.get_by_role("link", name="alert 2")).to_be_focused()
    page.keyboard.press("a")
    expect(row(page, "alert 2")).to_contain_text("assigned to anna")
    page.keyboard.press("e")
    close_as(page, "Benign")
    expect(rows(page)).to_contain_text(["alert 0", "alert 1"])
    assert console.rows("SELECT status, verdict, assignee FROM alerts WHERE title = 'alert 2'") == [
        ("closed", "benign", "anna")
    ]


def test_letters_that_are_typed_are_text(queue, file):
    file("an alert")
    page = queue()
    page.keyboard.press("/")
    expect(page.get_by_label("Filter by title")).to_be_focused()
    page.keyboard.type("jean")
    expect(page.get_by_label("Filter by title")).to_have_value("jean")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_help_tells_the_keys_of_the_page(queue):
    page = queue()
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard")
    for what in ("Next alert", "Close, with a verdict", "Take it: assign to me", "Write a note", "Alerts"):
        expect(help_.get_by_text(what, exact=True)).to_be_visible()


def test_a_note_and_a_verdict_are_in_the_history(queue, file):
    file("to be worked on")
    page = queue()
    page.get_by_role("link", name="to be worked on").click()
    page.keyboard.press("n")
    expect(drawer(page).get_by_label("Write a note")).to_be_focused()
    page.keyboard.type("Asked Megan: it was her.")
    drawer(page).get_by_role("button", name="Add note").click()
    expect(drawer(page).get_by_text("Asked Megan: it was her.")).to_be_visible()
    expect(drawer(page).get_by_label("Write a note")).to_have_value("")
    drawer(page).get_by_role("button", name="Close…").click()
    close_as(page, "False positive", "The rule is too wide.")
    history = drawer(page).get_by_role("listitem")
    expect(history.filter(has_text="closed it as false positive")).to_be_visible()
    expect(history.filter(has_text="The rule is too wide.")).to_be_visible()
    expect(rows(page)).to_have_count(0)


def test_an_alert_is_taken_given_to_another_and_opened_again(queue, file, visit):
    alert = file("shared work", status="closed", verdict="benign")
    page = visit(f"/alerts/{alert}", "anna")
    settled(page)
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_text("opened it again")).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("Assigned to anna", exact=True)).to_be_visible()
    page.get_by_role("button", name="Assign", exact=True).click()
    names = page.locator(".assign-menu").get_by_role("listitem")
    expect(names).to_have_text(["Me", "ada", "Nobody"])  # a viewer cannot work alerts
    names.get_by_text("ada").click()
    expect(page.get_by_text("Assigned to ada", exact=True)).to_be_visible()


def test_several_are_closed_at_once(queue, file):
    for number in range(3):
        file(f"alert {number}")
    page = queue()
    page.get_by_role("checkbox", name="Choose: alert 0").check()
    page.get_by_role("checkbox", name="Choose: alert 2").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.get_by_role("group", name="With the chosen alerts").get_by_role("button", name="Close…").click()
    close_as(page, "True positive")
    expect(rows(page)).to_contain_text(["alert 1"])
    expect(page.get_by_text("2 chosen")).to_be_hidden()


def test_what_is_suppressed_leaves_the_queue_until_that_is_removed(queue, file):
    file("noise")
    file("something else", entities=[("actor", "other@contoso.example")])
    page = queue()
    page.get_by_role("link", name="noise").click()
    drawer(page).get_by_role("button", name=f"Suppress… alerts about {ACTOR}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Any rule").check()
    dialog.get_by_role("button", name="1 day").click()
    dialog.get_by_label("Reason").fill("A migration that was agreed on")
    dialog.get_by_role("button", name="Suppress", exact=True).click()
    expect(rows(page)).to_contain_text(["something else"])
    expect(drawer(page).get_by_text("Because: A migration that was agreed on")).to_be_visible()

    page.goto("/alerts/suppressions")
    active = page.get_by_role("region", name="Active suppressions")
    for said in ("Any rule", f"Actor {ACTOR}", "1 alert", "A migration that was agreed on", "anna"):
        expect(active).to_contain_text(said)
    active.get_by_role("button", name="Remove the suppression").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("region", name="Past suppressions")).to_contain_text("removed by anna")
    page.goto("/alerts")
    expect(rows(page)).to_have_count(2)


def test_a_new_alert_arrives_without_a_reload_and_leaves_the_reader_where_they_are(queue, file):
    file("first", severity="low")
    page = queue()
    page.keyboard.press("j")
    page.evaluate("window.notReloaded = true")
    file("second", severity="critical")
    expect(rows(page)).to_contain_text(["second", "first"])
    expect(page.get_by_role("link", name="first")).to_be_focused()
    assert page.evaluate("window.notReloaded")


def test_a_viewer_looks_and_is_offered_nothing_to_change(queue, file, visit):
    alert = file("to be looked at")
    page = queue(name="vera")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    for path in (f"/alerts/{alert}", "/alerts/suppressions"):
        page.goto(path)
        settled(page)
        for name in ("Take it", "Close…", "Assign", "Suppress…", "Add note"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        page.keyboard.press("e")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_attackers_markup_is_text(queue, file, pages):
    alert = file(
        HOSTILE,
        rule_title=HOSTILE,
        facts={HOSTILE: HOSTILE, "role": HOSTILE},
        techniques=[HOSTILE],
        tactics=[HOSTILE],
        entities=[("actor", HOSTILE), ("resource", HOSTILE)],
    )
    page = queue(f"?q=img&entity={HOSTILE}&rule={HOSTILE}&alert={alert}")
    page.on("dialog", lambda dialog: pages.watch(page).trouble.append(f"a script ran: {dialog.message}"))
    expect(drawer(page).get_by_role("heading", name=HOSTILE)).to_be_visible()
    page.goto(f"/alerts/{alert}")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert page.locator("img[src=x], [onerror], b").count() == 0
    page.get_by_role("button", name="Suppress…", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(HOSTILE)
    assert page.locator("img[src=x], [onerror], b").count() == 0
