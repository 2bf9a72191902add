"""Sign-in with Entra over real HTTP: who gets in, as whom, and who stays out."""

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from entra_door import CALLBACK, Door, opened, sign_in, sign_in_settings, told
from sqlalchemy import text, update

from app.security.roles import Role
from app.storage.tables import users


@pytest.fixture
async def door(settings, lab, server) -> AsyncIterator[Door]:
    lab.cloud.register_redirect(lab.app, CALLBACK)
    async with opened(sign_in_settings(settings, lab), lab, server) as door:
        yield door


async def test_somebody_with_the_app_role_analyst_becomes_an_analyst(door):
    ada = door.person("Ada", "AiSOC.Analyst")
    async with door.browser() as browser:
        answer = await sign_in(browser, door, path="/sign-in/entra?next=/events?q=severity")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/events?q=severity")
        cookies = answer.headers.get_list("set-cookie")
        assert any(cookie.startswith("aisoc_session=") and "HttpOnly" in cookie for cookie in cookies)
        assert any(cookie.startswith('aisoc_sign_in=""') and "Max-Age=0" in cookie for cookie in cookies)
        assert (await browser.get("/sign-in")).headers["Location"] == "/"  # who is in needs no sign-in
    [user] = await door.rows()
    assert (user.name, user.role, user.password, user.enabled) == ("ada@contoso.example", "analyst", None, True)
    assert user.subject == f"{door.server.authority}/{door.lab.tenant}/v2.0|{ada.object_id}"
    started, added = await door.changes()
    assert started == ("session.start", "ada@contoso.example", {"by": "entra"})
    assert added == ("user.add", "Entra", {"role": "analyst", "signs_in_elsewhere": True})


async def test_the_request_asks_for_a_code_with_pkce_and_nonce_and_for_no_more_than_needed(door):
    async with door.browser() as browser:
        answer = await browser.get("/sign-in/entra")
    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert answer.headers["Location"].startswith(f"{door.server.authority}/{door.lab.tenant}/oauth2/v2.0/authorize?")
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == f"{door.address}/sign-in/entra/callback"
    assert set(asked["scope"].split()) == {"openid", "profile"}
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 16
    [cookie] = answer.headers.get_list("set-cookie")
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Max-Age=600", "Path=/"))
    assert asked["state"] not in cookie


@pytest.mark.parametrize(
    ("given", "role"),
    [
        (["AiSOC.Viewer"], "viewer"),
        (["AiSOC.Admin"], "admin"),
        (["AiSOC.Viewer", "AiSOC.Admin", "AiSOC.Analyst", "Other"], "admin"),
    ],
)
async def test_the_highest_of_the_app_roles_counts(door, given, role):
    door.person("Ada", *given)
    async with door.browser() as browser:
        assert (await sign_in(browser, door)).status_code == 303
    assert [user.role for user in await door.rows()] == [role]


async def test_the_settings_say_which_app_role_gives_which_role(settings, lab, server):
    lab.cloud.register_redirect(lab.app, CALLBACK)
    named = sign_in_settings(settings, lab, sign_in_roles={"SOC": Role.ADMIN})
    async with opened(named, lab, server) as door, door.browser() as browser:
        door.person("Ada", "SOC")
        door.person("Bo", "AiSOC.Admin")
        assert (await sign_in(browser, door)).status_code == 303
        told(await sign_in(browser, door, "Bo"), 403, "assign one of SOC")


@pytest.mark.parametrize("roles", [[], ["Unknown.Role"]])
async def test_somebody_without_an_app_role_stays_out(door, roles):
    door.person("Ada", *roles)
    async with door.browser() as browser:
        answer = await sign_in(browser, door)
    told(answer, 403, "ada@contoso.example has no role", "AiSOC.Viewer, AiSOC.Analyst, AiSOC.Admin")
    assert await door.rows() == []


async def test_who_is_not_assigned_is_told_so(door):
    door.person("Ada")
    door.lab.cloud.require_assignment(door.lab.app)
    async with door.browser() as browser:
        told(await sign_in(browser, door), 403, "AADSTS50105", "Users and groups")


async def test_name_and_role_follow_entra_at_the_next_sign_in(door):
    ada = door.person("Ada", "AiSOC.Admin")
    async with door.browser() as browser:
        await sign_in(browser, door)
        door.lab.cloud.assign(ada, door.lab.app, ["AiSOC.Viewer"])
        married = type(ada)(ada.tenant_id, ada.object_id, "Ada", "ada.king@contoso.example")
        door.lab.cloud.directory.users[ada.object_id] = married
        door.lab.clock.advance(minutes=1)
        await sign_in(browser, door)
    [user] = await door.rows()
    assert (user.name, user.role) == ("ada.king@contoso.example", "viewer")
    assert ("user.role", "Entra") in [change[:2] for change in await door.changes()]


async def test_a_user_who_was_disabled_here_stays_out(door):
    door.person("Ada", "AiSOC.Analyst")
    async with door.browser() as browser:
        await sign_in(browser, door)
        async with door.service.engine.begin() as connection:
            await connection.execute(update(users).values(enabled=False))
        told(await sign_in(browser, door), 403, "is disabled")


async def test_a_user_of_the_same_name_is_never_taken_over(door):
    ada = door.person("Ada", "AiSOC.Viewer")
    async with door.service.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO users (id, name, role, password, enabled, created_at) "
                "VALUES (gen_random_uuid(), 'ADA@contoso.example', 'admin', 'x', true, '2026-01-01Z')"
            )
        )
    async with door.browser() as browser:
        for _ in range(2):
            assert (await sign_in(browser, door)).status_code == 303
    names = {user.name: user.role for user in await door.rows()}
    assert names == {"ADA@contoso.example": "admin", f"ada@contoso.example ({ada.object_id[:8]})": "viewer"}


async def test_a_new_sign_in_ends_the_session_before(door):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        await sign_in(browser, door)
        first = browser.cookies["aisoc_session"]
        await sign_in(browser, door)
    async with door.browser() as other:
        other.cookies.set("aisoc_session", first, domain="localhost.local")
        assert (await other.get("/sign-in")).status_code == 200


async def test_who_cancels_can_start_again(door):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        page = (await browser.get((await browser.get("/sign-in/entra")).headers["Location"])).text
        cancel = re.search(r'href="([^"]*)">Cancel', page)
        back = (await browser.get(door.server.authority + unescape(cancel[1]))).headers["Location"]
        assert "AADSTS65004" in back
        told(await browser.get(back), 403, "The sign-in was cancelled.", "Start again")
        assert (await sign_in(browser, door)).status_code == 303
