"""Every error of the API is a problem that says what happened and what to do."""

import pytest
from conftest import SECRET
from sqlalchemy.exc import OperationalError

from app.api import connectors
from app.api.boundary import MAX_BODY_BYTES
from app.errors import Retry


def check(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == f"urn:aisoc:error:{code}"
    assert told["status"] == status
    assert all(told[name] for name in ("title", "detail", "remedy"))
    return told


@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v1/nothing", "/api/v2/connectors", "/api/v1/connectors/7"])
async def test_a_path_that_is_not_there_is_a_problem(api, path):
    check(await api.get(path), 404, "unknown_path")


async def test_a_method_that_is_not_there_is_a_problem_that_says_which_are(api):
    answer = await api.put("/api/v1/connectors", json={})
    check(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"


async def test_nobody_signed_in_is_told_how(calling):
    async with calling(None) as client:
        answer = await client.get("/api/v1/connectors")
    check(answer, 401, "not_signed_in")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_wrong_fields_are_named_and_their_values_are_not(api):
    body = {"type": 7, "name": f"no name {SECRET}", "config": {"client_secret": SECRET}, "more": SECRET}
    answer = await api.post("/api/v1/connectors", json=body)
    told = check(answer, 422, "invalid_request")
    assert {wrong["field"] for wrong in told["errors"]} == {"body.type", "body.name", "body.more"}
    assert SECRET not in answer.text


async def test_a_body_that_is_no_json_is_a_problem(api):
    headers = {"content-type": "application/json"}
    told = check(await api.post("/api/v1/connectors", content=b'{"a": ', headers=headers), 422, "invalid_request")
    assert told["errors"][0]["message"] == "is not JSON"


async def test_a_body_of_another_kind_is_a_problem(api):
    check(await api.post("/api/v1/connectors", data={"name": "prod"}), 415, "body_not_json")


@pytest.mark.parametrize("known", [True, False])
async def test_a_body_that_is_too_large_is_a_problem_whether_or_not_its_length_is_told(api, known):
    async def parts():
        for _ in range(3):
            yield b" " * (MAX_BODY_BYTES // 2)

    content = b" " * (MAX_BODY_BYTES + 1) if known else parts()
    answer = await api.post("/api/v1/connectors", content=content, headers={"content-type": "application/json"})
    check(answer, 413, "body_too_large")


async def test_an_unforeseen_error_tells_nothing_of_the_inside(api, monkeypatch):
    def crash(*_):
        raise ValueError(SECRET)

    monkeypatch.setattr(connectors, "list_connectors", crash)
    answer = await api.get("/api/v1/connectors")
    check(answer, 500, "unforeseen_error")
    assert SECRET not in answer.text
    assert "ValueError" not in answer.text


async def test_a_lost_database_is_worth_another_try(api, monkeypatch):
    def lost(*_):
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr(connectors, "list_connectors", lost)
    check(await api.get("/api/v1/connectors"), 503, "database_unreachable")


async def test_who_should_wait_is_told_how_long(api, service, monkeypatch):
    def throttled(*_):
        raise Retry("throttled", "Wait.", "Wait.", service.clock.now().replace(second=30))

    monkeypatch.setattr(connectors, "list_connectors", throttled)
    answer = await api.get("/api/v1/connectors")
    check(answer, 503, "throttled")
    assert answer.headers["retry-after"] == "30"
