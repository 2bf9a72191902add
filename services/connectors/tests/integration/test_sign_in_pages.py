"""The pages before the console, as a browser meets them: signing in and out, the set-up, choosing a password."""

import io
import logging
import re

import pytest
import structlog
from doors import PASSWORD, browser, person, sign_in, words
from pydantic import SecretStr
from support import query

from app.log import configure_logging
from app.security.links import make_password_link, make_set_up_link
from app.security.roles import Role
from app.security.users import add_user, list_users, switch_user
from app.web.access import Viewing
from app.web.app import create_app


@pytest.fixture
def app(service):
    """The application with a page of its own that says who is there."""
    made = create_app(service)

    @made.get("/")
    async def home(service: Viewing) -> str:
        return service.actor.name

    return made


@pytest.fixture
def logged():
    """All that is logged, as `aisoc serve` would log it."""
    configure_logging("DEBUG")
    said = io.StringIO()
    logging.getLogger().handlers[0].setStream(said)
    logging.getLogger("httpx").disabled = True  # the browser's own
    yield said
    logging.getLogger("httpx").disabled = False
    logging.basicConfig(handlers=[], force=True)
    structlog.reset_defaults()


async def who(client):
    answer = await client.get("/")
    return answer.json() if answer.status_code == 200 else answer.headers["location"]


async def test_somebody_signs_in_goes_where_they_wanted_and_signs_out(service, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        assert await who(client) == "/sign-in?next=/"
        assert "Sign in" in words(await client.get("/sign-in"))
        answer = await sign_in(client, "alice", next="/events?search=ip%3A203.0.113.7")
        assert (answer.status_code, answer.headers["location"]) == (303, "/events?search=ip%3A203.0.113.7")
        assert await who(client) == "alice"
        assert (await client.get("/sign-in")).status_code == 303
        former = client.cookies["aisoc_session"]
        answer = await client.post("/sign-out")
        assert answer.headers["location"] == "/sign-in"
        assert "aisoc_session" not in client.cookies
    async with browser(service, app, cookies={"aisoc_session": former}) as client:
        assert await who(client) == "/sign-in?next=/", "the session ended on the server too"


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(service, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        cookie = (await sign_in(client, "alice")).headers["set-cookie"]
    assert re.fullmatch(r"aisoc_session=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax", cookie), (
        "no domain, and not Secure where there is no https"
    )


async def test_over_https_the_cookie_is_bound_to_host_and_https(service, app):
    await person(service, "alice")
    async with browser(service, app, base_url="https://localhost", headers={"origin": "https://localhost"}) as client:
        cookie = (await sign_in(client, "alice")).headers["set-cookie"]
        assert await who(client) == "alice"
    assert cookie.startswith("__Host-aisoc_session=")
    assert "; Secure" in cookie
    assert "Domain" not in cookie


async def test_each_sign_in_is_a_new_session_and_ends_the_browsers_former_one(service, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        chosen = {"cookie": "aisoc_session=chosen-by-an-attacker"}
        await client.post("/sign-in", data={"name": "alice", "password": PASSWORD}, headers=chosen)
        first = client.cookies["aisoc_session"]
        assert first != "chosen-by-an-attacker"
        await sign_in(client, "alice")
        assert client.cookies["aisoc_session"] != first
    async with browser(service, app, cookies={"aisoc_session": first}) as client:
        assert await who(client) != "alice"


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "/a\r\nset-cookie:x=y",
    ],
)
async def test_after_signing_in_nobody_is_led_to_another_site(service, app, place):
    await person(service, "alice")
    async with browser(service, app) as client:
        assert (await sign_in(client, "alice", next=place)).headers["location"] == "/"
        assert (await client.get("/sign-in", params={"next": place})).headers["location"] == "/"


async def test_a_wrong_password_is_told_in_place_and_the_name_stays(service, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        answer = await sign_in(client, '"><script>alert(1)</script>', "wrong")
    assert answer.status_code == 401
    assert "Name or password is wrong." in words(answer)
    assert "<script" not in answer.text
    assert 'value="&#34;&gt;&lt;script&gt;' in answer.text
    assert "set-cookie" not in answer.headers


async def test_too_many_attempts_are_429_and_say_when(service, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        for _ in range(5):
            await sign_in(client, "alice", "wrong")
        answer = await sign_in(client, "alice")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
        assert "Wait until 12:15 UTC." in words(answer)
        assert await who(client) != "alice"


async def test_where_nobody_is_set_up_the_page_says_where_the_link_is(service, app):
    async with browser(service, app) as client:
        assert "Look for Set up" in words(await client.get("/sign-in"))


async def test_the_set_up_link_makes_one_admin_who_is_signed_in(service, app):
    link, other = [await make_set_up_link(service) for _ in range(2)]
    async with browser(service, app) as client:
        where = f"/set-up?link={link}"
        assert "first admin" in words(await client.get(where))
        fields = {"name": "alice", "password": PASSWORD, "again": PASSWORD}
        answer = await client.post(where, data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert await who(client) == "alice"
        for used in (link, other):
            assert (await client.get(f"/set-up?link={used}")).status_code == 404
            assert (await client.post(f"/set-up?link={used}", data=fields | {"name": "eve"})).status_code == 404
    assert [(user.name, user.role) for user in await list_users(service)] == [("alice", Role.ADMIN)]
    assert await make_set_up_link(service) is None
    (noted,) = await query(service, "SELECT actor, target, ip FROM audit_log WHERE action = 'user.set_up'")
    assert noted == {"actor": "alice", "target": "alice", "ip": "192.0.2.1"}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"again": "another long passphrase"}, "The two passwords differ."),
        ({"password": "short", "again": "short"}, "it has 5 characters"),
        ({"name": " "}, "cannot be a user's name"),
    ],
)
async def test_a_mistake_in_the_set_up_is_told_in_place_and_does_not_use_up_the_link(service, app, fields, told):
    where = f"/set-up?link={await make_set_up_link(service)}"
    good = {"name": "alice", "password": PASSWORD, "again": PASSWORD}
    async with browser(service, app) as client:
        answer = await client.post(where, data=good | fields)
        assert answer.status_code == 422
        assert told in words(answer).replace("&#39;", "'")
        assert PASSWORD not in answer.text
        assert (await client.post(where, data=good)).status_code == 303


async def test_a_set_up_link_ends_after_a_day_and_when_there_is_a_user(service, app, clock):
    link = await make_set_up_link(service)
    async with browser(service, app) as client:
        clock.advance(hours=24)
        assert (await client.get(f"/set-up?link={link}")).status_code == 404
        link = await make_set_up_link(service)
        await person(service, "made by the command line")
        assert (await client.get(f"/set-up?link={link}")).status_code == 404
        for wrong in ("", "x", "\x00", "%ff"):
            assert (await client.get("/set-up", params={"link": wrong})).status_code == 404


async def test_a_password_link_works_once_and_ends_the_old_sessions(service, app, clock):
    alice = await person(service, "alice", Role.VIEWER)
    async with browser(service, app) as old, browser(service, app) as new:
        await sign_in(old, "alice")
        former = await make_password_link(service, alice.id)
        where = f"/password?link={await make_password_link(service, alice.id)}"
        assert (await new.get(f"/password?link={former}")).status_code == 404, "a newer one was made"
        assert "For the user alice ." in words(await new.get(where))
        chosen = "another long passphrase"
        answer = await new.post(where, data={"password": chosen, "again": chosen})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert await who(new) == "alice"
        assert await who(old) == "/sign-in?next=/"
        assert (await new.post(where, data={"password": PASSWORD, "again": PASSWORD})).status_code == 404
        assert (await sign_in(old, "alice")).status_code == 401
        assert (await sign_in(old, "alice", chosen)).status_code == 303


async def test_a_password_link_ends_after_three_days_and_with_its_user(service, app, clock):
    await person(service, "root")
    alice = await add_user(service, "alice", Role.VIEWER)
    async with browser(service, app) as client:
        where = f"/password?link={await make_password_link(service, alice.id)}"
        await switch_user(service, alice.id, enabled=False)
        assert (await client.get(where)).status_code == 404
        await switch_user(service, alice.id, enabled=True)
        assert (await client.get(where)).status_code == 200
        clock.advance(hours=72)
        assert (await client.get(where)).status_code == 404


async def test_a_password_link_is_no_set_up_link_and_the_other_way_round(service, app):
    set_up = await make_set_up_link(service)
    async with browser(service, app) as client:
        assert (await client.get(f"/password?link={set_up}")).status_code == 404
        alice = await person(service, "alice")
        link = await make_password_link(service, alice.id)
        assert (await client.get(f"/set-up?link={link}")).status_code == 404


async def test_a_lost_password_has_a_way_back_in_while_the_door_is_closed(service, app):
    alice = await person(service, "alice")
    async with browser(service, app) as client:
        for _ in range(6):
            await sign_in(client, "alice", "wrong")
        where = f"/password?link={await make_password_link(service, alice.id)}"
        chosen = "another long passphrase"
        await client.post(where, data={"password": chosen, "again": chosen})
        assert await who(client) == "alice"


async def test_a_form_that_is_too_large_is_refused(service, app):
    async with browser(service, app) as client:
        assert (await sign_in(client, "alice", "x" * 20_000)).status_code == 422
        assert (await client.post("/sign-in", content=b"\xff\xfe")).status_code == 422


async def test_no_password_and_no_secret_is_in_the_log(service, app, logged):
    link = await make_set_up_link(service)
    async with browser(service, app) as client:
        data = {"name": "alice", "password": PASSWORD, "again": PASSWORD}
        await client.post(f"/set-up?link={link}", data=data)
        await sign_in(client, "alice", "a wrong guess indeed")
        await sign_in(client, "a password as name", "x")
        session = client.cookies["aisoc_session"]
    said = logged.getvalue()
    assert "sign_in_refused" in said
    for secret in (link, PASSWORD, "a wrong guess indeed", "a password as name", session):
        assert secret not in said, secret


async def test_with_an_identity_provider_the_page_offers_it(settings, clock):
    from app.main import open_service  # noqa: PLC0415

    some = "00000000-0000-4000-8000-000000000001"
    app = {"sign_in_tenant": some, "sign_in_client_id": some, "sign_in_client_secret": SecretStr("s")}
    changed = settings.model_copy(update=app)
    async with open_service(changed, clock) as service, browser(service) as client:
        answer = await client.get("/sign-in", params={"next": "/events?a=b&c"})
    assert 'href="/sign-in/entra?next=/events%3Fa%3Db%26c"' in answer.text
