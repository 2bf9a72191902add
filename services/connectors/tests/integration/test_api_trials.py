"""Trying connectors over the API: findings, what an app can read, and many added at once."""

import json

import pytest
from conftest import SECRET

from app.collection.manage import add_connector, name_for
from simulator import faults


def tried(lab, **changes):
    return {"type": "azure_activity", "config": json.loads(lab.config(**changes))}


async def test_a_configuration_is_tried_before_it_is_stored(api, lab):
    report = (await api.post("/api/v1/connectors/test", json=tried(lab))).json()
    assert report["ok"] is True
    assert {finding["code"] for finding in report["findings"]} >= {"activity_log_readable", "read_only"}


async def test_a_wrong_secret_is_a_finding_with_its_remedy(api, lab):
    answer = await api.post("/api/v1/connectors/test", json=tried(lab, client_secret="wrong~secret"))
    assert answer.status_code == 200
    (finding,) = answer.json()["findings"]
    assert (answer.json()["ok"], finding["code"]) == (False, "wrong_secret")
    assert finding["remedy"]
    assert "wrong~secret" not in answer.text


async def test_an_analyst_tries_a_stored_connector_and_no_configuration(calling, row, lab):
    async with calling("analyst") as analyst:
        assert (await analyst.post(f"/api/v1/connectors/{row.id}/test")).json()["ok"] is True
        assert (await analyst.post("/api/v1/connectors/test", json=tried(lab))).status_code == 403


async def test_the_subscriptions_of_an_app_are_told_with_who_watches_them(api, row, lab):
    other = lab.cloud.add_subscription(lab.tenant)
    lab.cloud.grant(lab.app, other, "Reader")
    lab.cloud.add_subscription(lab.tenant)  # no role there
    offers = (await api.post("/api/v1/connectors/targets", json=tried(lab))).json()["items"]
    assert {offer["id"]: offer["watched_by"] for offer in offers} == {lab.subscription: "lab", other: None}
    assert all(offer["name"] and offer["state"] == "Enabled" for offer in offers)


async def test_subscriptions_that_cannot_be_listed_are_a_problem_and_no_empty_list(api, lab):
    answer = await api.post("/api/v1/connectors/targets", json=tried(lab, client_secret="wrong~secret"))
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_secret")
    lab.cloud.faults.add(faults.error("subscription", 403, "Nope", "not now", count=None))
    answer = await api.post("/api/v1/connectors/targets", json=tried(lab))
    assert answer.status_code == 422
    assert "items" not in answer.json()


async def test_many_connectors_are_added_at_once_with_names_made_for_them(api, service, row, lab):
    subscriptions = [lab.cloud.add_subscription(lab.tenant) for _ in range(3)]
    names = ["Fabrikam / Prod (EU)", "fabrikam prod eu", "lab"]
    chosen = [{"id": one, "name": name} for one, name in zip(subscriptions, names, strict=True)]
    answer = await api.post("/api/v1/connectors/bulk", json=tried(lab) | {"targets": [*chosen, chosen[0]]})
    assert answer.status_code == 201, answer.text
    added = answer.json()["items"]
    assert [one["name"] for one in added] == ["Fabrikam-Prod-EU", "fabrikam-prod-eu", "lab-2"]
    assert [one["config"]["subscription_id"] for one in added] == subscriptions
    assert SECRET not in answer.text


async def test_of_many_connectors_with_one_wrong_none_is_added(api, lab):
    chosen = [{"id": lab.subscription, "name": "good"}, {"id": "no guid", "name": "bad"}]
    answer = await api.post("/api/v1/connectors/bulk", json=tried(lab) | {"targets": chosen})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_config")
    assert (await api.get("/api/v1/connectors")).json()["items"] == []


@pytest.mark.parametrize(
    ("title", "base", "name"),
    [
        ("Prod", "azure", "azure-Prod"),
        ("  ", "", "connector"),
        ("…", "", "connector-2"),
        ("x" * 100, "", "x" * 58),
        ("Büro Süd", "", "Buro-Sud"),
        ("-.-", "p", "p"),
    ],
)
async def test_a_name_is_made_of_any_title(service, lab, title, base, name):
    made = name_for(title, base, {"connector"} if title == "…" else set())
    assert made == name
    await add_connector(service, "azure_activity", made, lab.config())
