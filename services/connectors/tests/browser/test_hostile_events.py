"""Events of an attacker who writes markup and scripts into every field: all of it is shown, none of it happens."""

import json
from datetime import timedelta

import pytest
from browser.serving import PASSWORD
from browser.watch import settled
from playwright.sync_api import expect

from app.security.roles import Role
from app.security.users import add_user

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(2)</script>',
    "{{7*7}}${7*7}`alert(3)`",
    "javascript:alert(4)//",
    "' onmouseover='alert(5)' x='",
    "</script><svg/onload=alert(6)>",
    "[link](javascript:alert(7)) <b>bold</b>",
)


@pytest.fixture(scope="module")
def hostile(console, lab):
    """A connector whose events hold all of it, one kind an event; returns the events' ids, by what they hold."""
    at = lab.clock.now() - timedelta(minutes=10)
    events = [poisoned(lab, at - number * timedelta(minutes=1), text) for number, text in enumerate(HOSTILE)]
    console.collect(events)
    found = console.rows("SELECT id, actor FROM events")
    return {text: str(next(event for event, actor in found if actor == text)) for text in HOSTILE}


def poisoned(lab, at, text):
    """Return a failed role assignment whose every text is hostile."""
    [_, event] = lab.operation("Microsoft.Authorization/roleAssignments/write", at, outcome="Failed")
    path = f"{lab.make.path('')}/resourceGroups/{text}/providers/Microsoft.Authorization/roleAssignments/{text}"
    spoken = {"value": text, "localizedValue": text}
    return event | {
        "caller": text,
        "description": text,
        "correlationId": text,
        "operationId": text,
        "resourceGroupName": text,
        "resourceId": path,
        "operationName": event["operationName"] | {"localizedValue": text},
        "resourceType": spoken,
        "subStatus": spoken,
        "claims": {"name": text, text: text},
        "properties": {text: text, "statusCode": text, "message": text},
    }


def nothing_happened(page):
    """Check that no markup of an event became an element and no script ran."""
    assert page.locator("img[src=x], svg[onload], [onerror], [onmouseover], b").count() == 0
    assert "49" not in page.get_by_role("main").inner_text().replace("{{7*7}}", "").split()
    links = page.evaluate("[...document.links].map((link) => link.href)")
    assert not [link for link in links if link.lower().startswith("javascript:")]


@pytest.fixture
def page(visit, pages):
    page = visit("/")

    def ran(dialog):
        pages.watch(page).trouble.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", ran)
    return page


@pytest.mark.parametrize("path", ["/", "/alerts", "/events", "/connectors"])
def test_a_page_of_hostile_events_shows_them_as_text(page, hostile, path):
    page.goto(path)
    settled(page)
    nothing_happened(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_event_opened_alone_is_text_throughout(page, hostile, text):
    page.goto(f"/events/{hostile[text]}")
    settled(page)
    raw = page.get_by_label("Raw JSON")
    expect(raw).to_contain_text(json.dumps(text, ensure_ascii=False)[1:-1])
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)
    nothing_happened(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_search_is_typed_text(page, hostile, text):
    page.goto("/events")
    box = page.get_by_label("Search events").first
    box.fill(text)
    box.press("Enter")
    settled(page)
    nothing_happened(page)
    page.evaluate("(text) => location.assign('/events?q=' + encodeURIComponent(text))", text)
    settled(page)
    nothing_happened(page)


@pytest.mark.parametrize("path", ["/", "/settings/users", "/settings/audit"])
def test_a_user_with_a_hostile_name_is_text_wherever_the_name_stands(pages, console, hostile_user, path):
    page = pages.window(session=console.session(hostile_user)).new_page()
    page.goto(path)
    settled(page)
    page.get_by_role("button", name="You").click()
    expect(page.get_by_text(hostile_user, exact=True).first).to_be_visible()
    nothing_happened(page)


@pytest.fixture(scope="module")
def hostile_user(console):
    """An admin whose name is markup; returns it."""
    name = HOSTILE[0]
    console.do(lambda service: add_user(service, name, Role.ADMIN, password=PASSWORD))
    return name
