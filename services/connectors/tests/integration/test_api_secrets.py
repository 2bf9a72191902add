"""What was typed as a secret, and what lets people in, comes out nowhere."""

import json
from datetime import timedelta

import pytest
from conftest import SECRET
from filed_alerts import RULE, file_alert, with_rule
from sqlalchemy import select
from support import query, story

from app.api.build import ROUTERS
from app.api.contract import routes_of
from app.collection.poll import poll
from app.collection.readings import request_reading
from app.collection.targets import list_offers
from app.detection.hunts import request_hunt
from app.errors import AisocError
from app.security.sessions import start_session
from app.storage.quarantine import Unreadable, quarantine_records
from app.storage.tables import events
from app.storage.users import find_user

GETS = sorted(route.path_format for router in ROUTERS for route in routes_of(router) if "GET" in (route.methods or ()))
BESIDE = ["/metrics", "/healthz", "/readyz", "/api/v1/openapi.json"]


@pytest.fixture
def settings(settings, tmp_path):
    return with_rule(settings, tmp_path)


@pytest.fixture
async def ids(api, service, row, lab):
    """The ids of one of everything, by the name of the path's parameter; the connector's polls fail, too."""
    lab.publish(story(lab))
    await poll(service, row)
    lab.cloud.revoke(lab.app, lab.subscription)
    await poll(service, row)
    reading = await request_reading(service, row, "audit")
    async with service.engine.begin() as connection:
        user = await find_user(connection, "admin")
        await start_session(connection, service, user, ip="192.0.2.9", agent="A browser", by="password")
        await quarantine_records(connection, "lab", [Unreadable(b"no record", "azure_activity", "code", "Reason.")])
        event = (await connection.execute(select(events.c.id).limit(1))).scalar_one()
    (record,) = await query(service, "SELECT id FROM quarantine")
    return {
        "connector_id": row.id,
        "reading_id": reading.id,
        "event_id": event,
        "record_id": record["id"],
        "user_id": user.id,
        "field": "actor",
        "alert_id": await file_alert(service, events={event: (service.clock.now(), RULE)}),
        "rule_id": RULE,
        "hunt_id": (await request_hunt(service, RULE, service.clock.now() - timedelta(days=1))).id,
    }


async def secrets_of(service, api):
    """Return all that must not be told: as typed, as sealed, and what tokens and sessions are known by."""
    (connector,) = await query(service, "SELECT secrets FROM connectors")
    hashes = await query(service, "SELECT hash FROM tokens UNION SELECT hash FROM sessions")
    bearer = api.headers["Authorization"].removeprefix("Bearer ")
    return [SECRET, bearer, connector["secrets"], *(bytes(row["hash"]).hex() for row in hashes)]


async def test_no_answer_to_a_question_holds_a_secret(api, service, ids):
    hidden = await secrets_of(service, api)
    assert len(hidden) >= 5
    for path in [*(f"/api/v1{path.format(**ids)}" for path in GETS), *BESIDE]:
        answer = await api.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        assert not [secret for secret in hidden if secret in answer.text], path


@pytest.mark.parametrize("wrong", ["tenant_id", "subscription_id", "cloud", "poll_interval_seconds", "surplus"])
@pytest.mark.parametrize("path", ["/connectors", "/connectors/test", "/connectors/targets", "/connectors/bulk"])
async def test_no_refusal_of_a_configuration_quotes_what_was_typed(api, lab, path, wrong):
    body = {"type": "azure_activity", "config": json.loads(lab.config(**{wrong: SECRET}))}
    if path == "/connectors":
        body["name"] = "prod"
    if path == "/connectors/bulk":
        body["targets"] = [{"id": lab.subscription if wrong != "subscription_id" else SECRET, "name": "one"}]
    answer = await api.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 422
    assert SECRET not in answer.text


async def test_no_log_and_no_audit_entry_of_a_change_holds_a_secret(api, service, row, caplog, capfd):
    place = f"/api/v1/connectors/{row.id}"
    await api.post(f"{place}/secret", json={"config": {"client_secret": f"{SECRET}-2"}})
    await api.post(f"{place}/secret", json={"config": {"client_secret": [SECRET]}})
    await api.patch(place, json={"config": {"client_secret": SECRET, "tenant_id": SECRET}})
    told = "".join(capfd.readouterr()) + caplog.text
    told += json.dumps(await query(service, "SELECT facts::text, target FROM audit_log"))
    assert "given anew" in told
    assert SECRET not in told


async def test_an_error_of_the_source_quotes_no_secret(service, lab):
    with pytest.raises(AisocError) as refused:
        await list_offers(service, "azure_activity", lab.config(client_secret=f"{SECRET}-wrong"))
    assert SECRET not in json.dumps(refused.value.facts())
