"""Events over the API: the search language, pages, figures, exact bytes."""

import json
from uuid import uuid4

import msgspec
import pytest
from support import query, story

from app.api.event_models import ToldEvent
from app.collection.poll import poll
from app.events.event import Event
from app.storage.figures import TOP_FIELDS

EVENTS = "/api/v1/events"


@pytest.fixture
async def stored(service, row, lab):
    """Eight events, of which four matter."""
    lab.publish(story(lab))
    await poll(service, row)


async def found(api, q="", **params):
    answer = await api.get(EVENTS, params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_an_event_has_every_field_that_is_documented(api, stored):
    event = (await found(api))[0]
    assert set(event) == {field.name for field in msgspec.structs.fields(Event)} | {"connector", "stored_at"}
    ToldEvent.model_validate(event)
    assert event["connector"] == "lab"


async def test_events_are_searched_in_the_language_of_the_console(api, stored):
    roles = await found(api, "severity>=high operation:roleassignments")
    assert {event["severity"] for event in roles} == {"high"}
    assert roles
    assert len(await found(api, "-operation:roleassignments")) == len(await found(api)) - len(roles)
    assert await found(api, "until:2000-01-01") == []


async def test_a_mistake_names_its_place(api):
    answer = await api.get(EVENTS, params={"q": "severity:high colour:red"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_search")
    begin, end = problem["position"]
    assert "colour" in "severity:high colour:red"[begin:end]


@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_pages_join_into_the_whole(api, stored, order):
    whole = await found(api, order=order)
    parts, cursor = [], None
    while True:
        params = {"limit": 3, "order": order} | ({"cursor": cursor} if cursor else {})
        page = (await api.get(EVENTS, params=params)).json()
        parts += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert parts == whole
    times = [event["event_time"] for event in whole]
    assert times == sorted(times, reverse=order == "newest")


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 1001}, {"order": "random"}, {"q": "x" * 2001}])
async def test_what_is_out_of_bounds_is_refused(api, params):
    answer = await api.get(EVENTS, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "q", ["a\0b", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "'; DROP TABLE events"]
)
async def test_odd_text_finds_nothing_or_is_refused_and_breaks_nothing(api, stored, q):
    answer = await api.get(EVENTS, params={"q": q})
    assert answer.status_code in {200, 422}, answer.text


async def test_a_cursor_of_something_else_is_refused(api, stored):
    answer = await api.get(EVENTS, params={"cursor": "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_events_are_counted_up_to_a_number(api, stored):
    number = len(await found(api))
    assert (await api.get(f"{EVENTS}/count")).json() == {"count": number, "more": False}
    assert (await api.get(f"{EVENTS}/count", params={"at_most": 3})).json() == {"count": 3, "more": True}


async def test_the_histogram_has_every_event_once(api, stored):
    told = (await api.get(f"{EVENTS}/histogram", params={"bucket_seconds": 3600, "q": "since:24h"})).json()
    assert told["bucket_seconds"] == 3600
    assert sum(sum(bar["counts"].values()) for bar in told["bars"]) == len(await found(api))
    assert told["since"] == told["bars"][0]["at"]


@pytest.mark.parametrize("field", sorted(TOP_FIELDS))
async def test_the_most_frequent_values_of_a_field_are_told(api, stored, field):
    values = (await api.get(f"{EVENTS}/top/{field}")).json()["items"]
    assert values == sorted(values, key=lambda value: -value["count"])
    if field == "severity":
        assert sum(value["count"] for value in values) == len(await found(api))


async def test_a_field_that_cannot_be_counted_is_refused(api):
    answer = await api.get(f"{EVENTS}/top/title")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "path.field")


async def test_an_event_and_its_exact_bytes_are_had_by_its_id(api, service, stored, connector):
    event = (await found(api))[0]
    assert (await api.get(f"{EVENTS}/{event['id']}")).json() == event
    raw = await api.get(f"{EVENTS}/{event['id']}/raw")
    assert str(connector.normalize(raw.content).id) == event["id"]
    assert raw.headers["content-disposition"] == f'attachment; filename="{event["id"]}.json"'
    assert json.loads(raw.content)["id"] == event["external_id"]


async def test_neighbours_are_of_the_operation_the_actor_and_the_resource(api, stored):
    event = (await found(api, "operation:roleassignments"))[0]
    near = (await api.get(f"{EVENTS}/{event['id']}/neighbours")).json()
    assert {one["correlation_id"] for one in near["operation"]} == {event["correlation_id"]}
    assert {one["actor"] for one in near["actor"]} == {event["actor"]}
    assert all(event["id"] != one["id"] for kind in near.values() for one in kind)


@pytest.mark.parametrize("path", ["", "/raw", "/neighbours"])
async def test_an_event_that_does_not_exist_is_not_found(api, path):
    answer = await api.get(f"{EVENTS}/{uuid4()}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_event")


async def test_searches_are_saved_by_each_for_themselves(api, calling, service):
    saved = await api.post("/api/v1/searches", json={"name": "Roles", "search": "operation:roleassignments"})
    assert saved.status_code == 201
    assert (await api.get("/api/v1/searches")).json() == {"items": [saved.json()]}
    again = await api.post("/api/v1/searches", json={"name": "Roles", "search": ""})
    assert (again.status_code, again.json()["code"]) == (409, "search_name_taken")
    place = f"/api/v1/searches/{saved.json()['id']}"
    async with calling("viewer") as other:
        assert (await other.get("/api/v1/searches")).json() == {"items": []}
        assert (await other.delete(place)).status_code == 404
    assert (await api.delete(place)).status_code == 204
    assert (await api.get("/api/v1/searches")).json() == {"items": []}
    noted = await query(service, "SELECT action FROM audit_log WHERE action LIKE 'search.%' ORDER BY id")
    assert [entry["action"] for entry in noted] == ["search.save", "search.remove"]


@pytest.mark.parametrize(
    ("name", "search", "code"),
    [("Roles", "colour:red", "invalid_search"), ("a\u0007b", "", "invalid_search_name"), ("", "", "invalid_request")],
)
async def test_a_search_that_cannot_be_is_not_saved(api, name, search, code):
    answer = await api.post("/api/v1/searches", json={"name": name, "search": search})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_ages_count_from_now(api, stored, lab):
    lab.clock.advance(hours=2)
    assert await found(api, "since:1h") == []
    assert await found(api, "since:3h")
