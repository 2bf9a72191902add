"""Users, tokens, sessions and the audit log over the API."""

from uuid import uuid4

import httpx
import pytest
from support import ADDRESS

from app.security.sessions import start_session
from app.storage.users import find_user


async def test_everybody_learns_who_they_are(calling):
    async with calling("analyst") as analyst:
        told = (await analyst.get("/api/v1/me")).json()
    assert told.pop("user_id")
    assert told == {"name": "analyst", "role": "analyst", "via": "api"}


async def test_a_user_is_added_changed_and_removed(api):
    added = await api.post("/api/v1/users", json={"name": "alice", "role": "viewer"})
    place = added.headers["Location"]
    assert (added.status_code, added.json()["signs_in_with"]) == (201, "nothing yet")
    assert (await api.get(place)).json() == added.json()
    assert (await api.patch(place, json={"role": "analyst"})).json()["role"] == "analyst"
    assert (await api.post(f"{place}/disable")).json()["enabled"] is False
    assert (await api.post(f"{place}/enable")).json()["enabled"] is True
    assert (await api.post(f"{place}/password-link")).json()["path"].startswith("/password?link=")
    assert "alice" in {user["name"] for user in (await api.get("/api/v1/users")).json()["items"]}
    assert (await api.delete(place)).status_code == 204
    assert (await api.get(place)).json()["code"] == "unknown_user"


async def test_a_name_is_taken_in_any_letter_case(api):
    answer = await api.post("/api/v1/users", json={"name": "Admin", "role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


async def test_the_last_admin_stays(api):
    me = f"/api/v1/users/{(await api.get('/api/v1/me')).json()['user_id']}"
    for answer in (
        await api.delete(me),
        await api.post(f"{me}/disable"),
        await api.patch(me, json={"role": "viewer"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")


async def test_a_rotation_of_the_keys_shows_in_the_ring_and_in_the_audit_log(api, row):
    (before,) = (await api.get("/api/v1/keys")).json()["items"]
    assert (before["primary"], before["protects"]) == (True, 1)
    assert (await api.post("/api/v1/keys/rotate")).json() == {"reencrypted": 1}
    new, old = (await api.get("/api/v1/keys")).json()["items"]
    assert (new["protects"], old) == (1, {"name": before["name"], "primary": False, "protects": 0})
    (entry,) = (await api.get("/api/v1/audit", params={"action": "keys"})).json()["items"]
    assert (entry["action"], entry["actor"]) == ("keys.rotate", "admin")


@pytest.mark.parametrize("path", ["/users", "/audit", "/keys"])
async def test_only_an_admin_sees_users_the_audit_log_and_the_keys(calling, path):
    async with calling("analyst") as analyst:
        assert (await analyst.get(f"/api/v1{path}")).status_code == 403


async def test_a_token_is_shown_once_lets_in_and_is_revoked(api, application):
    made = await api.post("/api/v1/tokens", json={"name": "report", "role": "viewer", "days": 1})
    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    listed = await api.get("/api/v1/tokens")
    assert secret not in listed.text
    assert "report" in {token["name"] for token in listed.json()["items"]}
    bearer = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=ADDRESS, headers=bearer) as other:
        assert (await other.get("/api/v1/me")).json()["role"] == "viewer"
        assert (await other.get("/api/v1/users")).status_code == 403
        assert (await api.delete(f"/api/v1/tokens/{made.json()['id']}")).status_code == 204
        assert (await other.get("/api/v1/me")).status_code == 401


async def test_a_viewers_token_makes_no_other_token_and_sees_no_other(calling, api):
    async with calling("viewer") as viewer:
        assert (await viewer.post("/api/v1/tokens", json={"name": "more"})).status_code == 403
        assert {token["user"] for token in (await viewer.get("/api/v1/tokens")).json()["items"]} == {"viewer"}
        assert (await viewer.get("/api/v1/tokens", params={"everybodys": True})).status_code == 403
        (theirs,) = (await api.get("/api/v1/tokens")).json()["items"]
        assert (await viewer.delete(f"/api/v1/tokens/{theirs['id']}")).status_code == 404


async def test_sessions_of_ones_own_are_listed_and_ended(api, service):
    async with service.engine.begin() as connection:
        admin = await find_user(connection, "admin")
        await start_session(connection, service, admin, ip="192.0.2.9", agent="A browser", by="password")
    (session,) = (await api.get("/api/v1/me/sessions")).json()["items"]
    assert (session["ip"], session["agent"]) == ("192.0.2.9", "A browser")
    assert (await api.delete(f"/api/v1/me/sessions/{session['id']}")).status_code == 204
    assert (await api.get("/api/v1/me/sessions")).json() == {"items": []}
    assert (await api.delete(f"/api/v1/me/sessions/{uuid4()}")).status_code == 404


async def test_the_audit_log_is_read_page_by_page_and_by_action(api, row):
    for name in ("disable", "enable", "disable"):
        await api.post(f"/api/v1/connectors/{row.id}/{name}")
    entries = (await api.get("/api/v1/audit", params={"action": "connector"})).json()["items"]
    assert [entry["action"] for entry in entries] == [
        "connector.disable",
        "connector.enable",
        "connector.disable",
        "connector.add",
    ]
    assert entries[0]["actor"] == "admin"
    first = (await api.get("/api/v1/audit", params={"action": "connector", "limit": 3})).json()
    rest = (await api.get("/api/v1/audit", params={"action": "connector", "limit": 3, "cursor": first["next"]})).json()
    assert first["items"] + rest["items"] == entries
    assert rest["next"] is None
