"""Secrets that were typed into the console are found nowhere afterwards: pages, API, log, database, metrics, errors."""

import base64
import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from browser.forms import expect_green, fill_in, press_test
from browser.serving import PASSWORD
from browser.watch import settled
from conftest import SECRET
from playwright.sync_api import expect

from app.detection.hunts import request_hunt
from app.detection.rule_views import list_rules
from simulator.scenario import attack_story

PAGES = (
    "/",
    "/connectors",
    "/connectors/{connector}",
    "/connectors/add/azure_activity",
    "/events",
    "/alerts",
    "/alerts/suppressions",
    "/rules",
    "/rules/coverage",
    "/quarantine",
    "/settings/profile",
    "/settings/tokens",
    "/settings/users",
    "/settings/audit",
    "/settings/keys",
)
_STORED_IN_BROWSER = (
    "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, performance.getEntries()])"
)
_TYPED = "[...document.querySelectorAll('input, textarea')].map((field) => field.value).join('\\n')"
_WRONG = "a-wrong~canary-of-the-secret-that-was-typed-first"


class Secrets:
    """The secrets, in every form in which somebody could find them."""

    def __init__(self, **secrets):
        self._forms = {name: self._all_forms(value) for name, value in secrets.items()}

    @staticmethod
    def _all_forms(value):
        raw = value.encode()
        encoded = {base64.b64encode(b"\0" * shift + raw).decode()[4:-4] for shift in range(3)}
        return {value, quote(value, safe=""), raw.hex(), json.dumps(value)[1:-1], *encoded}

    def found_in(self, text):
        """Return the names of the secrets that a text holds."""
        return [name for name, forms in self._forms.items() if any(form in text for form in forms)]


@pytest.fixture(scope="module")
def told():
    """What the browser was told over its sockets."""
    return []


@pytest.fixture
def page(pages, console, told):
    """A page of somebody who signs in by typing the password."""
    page = pages.window().new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: told.append(str(frame))))
    page.goto("/sign-in")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    return page


def add_connector(page, lab):
    """Add a connector after a wrong secret, which is tested, refused and not kept."""
    page.goto("/connectors/add/azure_activity")
    fill_in(page, lab, client_secret=_WRONG)
    press_test(page)
    expect(page.get_by_role("log", name="Findings")).to_contain_text("could not collect")
    page.get_by_label("Client secret *", exact=True).fill(SECRET)
    page.get_by_role("button", name="Show what is typed").click()
    press_test(page)
    expect_green(page)
    page.get_by_label("Name *", exact=True).fill("canary")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("All set: covered to")).to_be_visible()


def create_token(page):
    """Create an API token; returns what is shown this once."""
    page.goto("/settings/tokens")
    page.get_by_role("button", name="Create token").click()
    dialog = page.get_by_role("dialog", name="Create token")
    dialog.get_by_label("What it is for *").fill("report")
    dialog.get_by_role("button", name="Create token").click()
    shown = page.get_by_role("dialog", name="Token report")
    secret = shown.locator("pre").inner_text()
    shown.get_by_role("button", name="Done").click()
    return secret


def read_api(page, console, connector):
    """Yield the path and the answer of everything that an admin may read of the API."""
    known = {"connector_id": connector, "field": "actor", "rule_id": console.do(hunt_with_a_rule)}
    tables = {
        "event_id": "events",
        "user_id": "users",
        "reading_id": "readings",
        "alert_id": "alerts",
        "hunt_id": "hunts",
    }
    for name, table in tables.items():
        known[name] = console.rows(f"SELECT id FROM {table} LIMIT 1")[0][0]  # noqa: S608
    contract = page.request.get("/api/v1/openapi.json").json()
    for path, methods in contract["paths"].items():
        if "get" in methods and "record_id" not in path:  # nothing is quarantined here
            answer = page.request.get("/api" + re.sub(r"^(/v1)?", "/v1", path).format(**known))
            assert answer.ok, (path, answer.text())
            yield path, answer.text()


async def hunt_with_a_rule(service):
    """Ask for a hunt, and return its rule."""
    rule = (await list_rules(service)).rules[0].rule
    await request_hunt(service, rule.id, service.clock.now() - timedelta(days=1))
    return rule.id


def test_a_typed_secret_is_found_nowhere(page, pages, console, lab, told):
    steps = attack_story(lab.make, lab.clock.now() - timedelta(minutes=45), timedelta(minutes=3))
    lab.publish([event for step in steps for event in step.events])
    add_connector(page, lab)
    token = create_token(page)
    session = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "aisoc_session")
    secrets = Secrets(secret=SECRET, wrong=_WRONG, password=PASSWORD, token=token, session=session)
    connector = str(console.rows("SELECT id FROM connectors")[0][0])
    places = {}

    del told[:]
    for path in PAGES:
        answer = page.goto(path.format(connector=connector))
        settled(page)
        places[f"source of {path}"] = answer.text()
        places[f"what {path} shows"] = page.content() + page.evaluate(_TYPED)
    places["what the browser keeps"] = page.evaluate(_STORED_IN_BROWSER)
    places["what the browser was told"] = "\n".join(told)
    places |= {f"API {path}": text for path, text in read_api(page, console, connector)}
    places["metrics"] = page.request.get("/metrics", headers={"Authorization": f"Bearer {token}"}).text()
    places |= {f"table {name}": text for name, text in dump(console)}
    places |= dict(broken(page, pages, console))
    places["log"] = console.said()

    assert {place: found for place, text in places.items() if (found := secrets.found_in(text))} == {}
    assert len(places) > 40
    assert "Traceback" in places["log"]  # the errors that were provoked are in it


def broken(page, pages, console):
    """Yield what pages and API tell of errors: a table is gone, and a connector is not what it can be."""
    for broken, mended in (
        ("ALTER TABLE connectors RENAME TO hidden", "ALTER TABLE hidden RENAME TO connectors"),
        ("UPDATE connectors SET config = '[]'", "SELECT 1"),
    ):
        console.change(broken)
        for path in ("/connectors", "/api/v1/connectors"):
            answer = page.goto(path)
            assert answer.status >= 500, path
            yield f"{broken}: {path}", answer.text() + page.content()
        console.change(mended)
    pages.forget_trouble()


def dump(console):
    """Yield each table's name and all that it holds."""
    for (name,) in console.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"):
        yield name, "\n".join(row[0] for row in console.rows(f'SELECT t::text FROM "{name}" t'))  # noqa: S608


def test_the_search_for_secrets_finds_them_in_every_form():
    secrets = Secrets(secret=SECRET)
    for text in (SECRET, f"x{SECRET}y", SECRET.encode().hex(), base64.b64encode(f"a:{SECRET}".encode()).decode()):
        assert secrets.found_in(f"… {text} …") == ["secret"]
    assert secrets.found_in(SECRET[:-1]) == []
