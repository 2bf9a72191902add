"""A viewer and an admin before the same pages: what is offered, and what the server refuses whatever is offered."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

_CALL = """async ({method, path, body}) => {
  const answer = await fetch(path, {method, body: body && JSON.stringify(body),
                                    headers: {"Content-Type": "application/json"}});
  return {status: answer.status, told: await answer.json()};
}"""


@pytest.fixture
def connector(console):
    """A connector of the test's own."""
    return console.add_connector(f"connector-{uuid4().hex[:8]}")


def test_a_viewer_is_not_offered_what_only_an_admin_may_do(visit, connector):
    for name, offered in (("ada", 1), ("vera", 0)):
        page = visit("/connectors", name)
        card = page.get_by_role("article").filter(has_text=connector.name)
        expect(card).to_be_visible()
        expect(page.get_by_role("button", name="Add connector")).to_have_count(offered)
        expect(card.get_by_role("button", name=f"What to do with {connector.name}")).to_have_count(offered)


@pytest.mark.parametrize("path", ["/connectors/add", "/settings/users"])
def test_a_viewer_who_knows_an_admins_address_finds_it_closed(visit, pages, path):
    page = visit("/", "vera")
    pages.watch(page).expected = {403}
    assert page.goto(path).status == 403
    expect(page.get_by_text("This page needs the role admin")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(0)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/connectors", {"type": "azure_activity", "name": "mine", "config": {}}),
        ("POST", "/api/v1/connectors/{id}/disable", None),
        ("DELETE", "/api/v1/connectors/{id}?name={name}", None),
        ("GET", "/api/v1/users", None),
        ("GET", "/api/v1/audit", None),
    ],
)
def test_the_server_refuses_a_viewer_what_the_page_does_not_offer(visit, pages, connector, method, path, body):
    page = visit("/connectors", "vera")
    pages.watch(page).expected = {403}
    call = {"method": method, "path": path.format(id=connector.id, name=connector.name), "body": body}
    answer = page.evaluate(_CALL, call)
    assert (answer["status"], answer["told"]["code"]) == (403, "role_needed")
