"""Connectors over the API: the facts of the command line, changes that are noted, secrets that never come out."""

import json
from uuid import uuid4

import pytest
from conftest import SECRET
from support import query

from app.collection.facts import connector_facts
from app.collection.poll import poll
from app.connectors import connector_ids

CONNECTORS = "/api/v1/connectors"


def body(lab, name="prod", **changes):
    return {"type": "azure_activity", "name": name, "config": json.loads(lab.config(**changes))}


@pytest.fixture
def one(row):
    return f"{CONNECTORS}/{row.id}"


async def test_the_catalog_draws_a_form_and_marks_what_is_secret(api):
    entries = (await api.get("/api/v1/catalog")).json()["items"]
    assert [entry["id"] for entry in entries] == connector_ids()
    (activity,) = entries
    assert activity["target_fields"] == ["subscription_id", "cloud"]
    fields = activity["config_schema"]["properties"]
    assert fields["client_secret"]["writeOnly"] is True
    assert fields["client_secret"]["format"] == "password"
    assert fields["poll_interval_seconds"]["maximum"] == 86_400


async def test_a_connector_is_added_and_told_without_its_secret(api, service, lab):
    answer = await api.post(CONNECTORS, json=body(lab))
    assert answer.status_code == 201
    told = answer.json()
    assert answer.headers["Location"] == f"{CONNECTORS}/{told['id']}"
    assert told["name"] == "prod"
    assert told["health"]["state"] == "behind"
    assert told["last_poll"] is None
    assert "client_secret" not in told["config"]
    assert (await api.get(answer.headers["Location"])).json() == told
    (noted,) = await query(service, "SELECT actor, via, ip, action, target FROM audit_log WHERE ip IS NOT NULL")
    assert noted == {"actor": "admin", "via": "api", "ip": "192.0.2.7", "action": "connector.add", "target": "prod"}


async def test_the_api_tells_what_the_command_line_tells(api, service, row, lab):
    lab.publish(lab.operations(3))
    await poll(service, row)
    (told,) = (await api.get(CONNECTORS)).json()["items"]
    assert connector_facts(row).keys() | {"health", "last_poll"} == told.keys()
    assert told["health"]["state"] == "healthy"
    assert told["last_poll"]["events_added"] == 6
    assert told["last_poll"]["window"]["until"].endswith("Z")


async def test_connectors_are_found_by_name(api, service, row):
    assert [one["id"] for one in (await api.get(CONNECTORS, params={"name": "lab"})).json()["items"]] == [str(row.id)]
    assert (await api.get(CONNECTORS, params={"name": "other"})).json() == {"items": []}


async def test_a_connector_is_changed(api, one, row):
    answer = await api.patch(one, json={"config": {"poll_interval_seconds": 600}})
    assert answer.json()["config"] == row.config | {"poll_interval_seconds": 600}


async def test_a_new_secret_is_kept_and_not_told(api, one, service, row):
    answer = await api.post(f"{one}/secret", json={"config": {"client_secret": "another-secret"}})
    assert answer.status_code == 200
    assert "another-secret" not in answer.text
    (kept,) = await query(service, "SELECT secrets FROM connectors")
    assert service.vault.open(kept["secrets"], row.id) == {"client_secret": "another-secret"}


async def test_a_rotation_without_a_secret_is_refused(api, one):
    answer = await api.post(f"{one}/secret", json={"config": {"poll_interval_seconds": 600}})
    assert (answer.status_code, answer.json()["code"]) == (422, "secret_missing")


async def test_a_connector_is_paused_and_resumed(api, one):
    paused = (await api.post(f"{one}/disable")).json()
    assert (paused["enabled"], paused["health"]["state"], paused["next_poll_at"]) == (False, "paused", None)
    assert (await api.post(f"{one}/enable")).json()["enabled"] is True


async def test_a_removed_connector_is_gone(api, one):
    assert (await api.delete(one)).status_code == 204
    answer = await api.get(one)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_connector")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/enable"), ("POST", "/disable"), ("POST", "/secret")],
)
async def test_what_does_not_exist_is_not_found(api, method, path):
    sent = {"json": {"config": {"client_secret": "x"}}} if path == "/secret" or method == "PATCH" else {}
    answer = await api.request(method, f"{CONNECTORS}/{uuid4()}{path}", **sent)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_connector")


async def test_a_name_that_is_taken_is_a_conflict(api, row, lab):
    answer = await api.post(CONNECTORS, json=body(lab, "lab"))
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


async def test_a_wrong_configuration_names_its_fields_and_quotes_no_value(api, lab):
    answer = await api.post(CONNECTORS, json=body(lab, tenant_id=SECRET, surplus=SECRET))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_config")
    assert "tenant_id" in answer.json()["detail"]
    assert SECRET not in answer.text


async def test_a_viewer_sees_connectors_and_changes_none(calling, one, lab):
    async with calling("viewer") as viewer:
        assert (await viewer.get(one)).status_code == 200
        for answer in (
            await viewer.post(CONNECTORS, json=body(lab)),
            await viewer.patch(one, json={"config": {}}),
            await viewer.delete(one),
            await viewer.post(f"{one}/disable"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "role_needed")
        assert (await viewer.get(one)).json()["enabled"] is True
