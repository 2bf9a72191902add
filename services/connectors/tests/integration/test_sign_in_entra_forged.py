"""Sign-in with Entra under attack: answers that are old, strange, copied or forged let nobody in."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from conftest import SECRET
from entra_door import CALLBACK, JWT, Door, changed, dumped, opened, pick, sign_in, sign_in_settings, told, written
from sqlalchemy import func, select

from app.storage.tables import sign_ins
from simulator import faults


@pytest.fixture
async def door(settings, lab, server) -> AsyncIterator[Door]:
    lab.cloud.register_redirect(lab.app, CALLBACK)
    async with opened(sign_in_settings(settings, lab), lab, server) as door:
        yield door


async def test_an_answer_is_taken_once(door):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        back = await pick(browser, door)
        mark = browser.cookies["aisoc_sign_in"]
        assert (await browser.get(back)).status_code == 303
        browser.cookies.set("aisoc_sign_in", mark, domain="localhost.local")
        told(await browser.get(back), 403, "not known here")
    assert len(list(door.lab.cloud.journal.of("token"))) == 1


async def test_a_code_that_was_redeemed_elsewhere_lets_nobody_in(door):
    """AADSTS54005: somebody else had it first."""
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        back = await pick(browser, door)
        code = parse_qs(urlsplit(back).query)["code"][0]
        door.lab.cloud.directory.find_code(code).redeemed = True
        told(await browser.get(back), 403, "Start again")
    assert await door.rows() == []


async def test_a_code_of_another_sign_in_does_not_fit_its_pkce_verifier(door):
    """Somebody slips their own code into the victim's sign-in."""
    door.person("Ada", "AiSOC.Viewer")
    door.person("Mallory", "AiSOC.Admin")
    async with door.browser() as victim, door.browser() as attacker:
        back, theirs = await pick(victim, door), await pick(attacker, door, "Mallory")
        code = parse_qs(urlsplit(theirs).query)["code"][0]
        told(await victim.get(changed(back, code=code)), 403, "Start again")
    assert await door.rows() == []


async def test_an_answer_made_for_another_browser_lets_nobody_in(door):
    """Login CSRF: the victim opens a link that ends the attacker's sign-in."""
    door.person("Mallory", "AiSOC.Admin")
    async with door.browser() as victim, door.browser() as attacker:
        back = await pick(attacker, door, "Mallory")
        told(await victim.get(back), 403, "not known here")
        await victim.get("/sign-in/entra")
        told(await victim.get(back), 403, "not known here")
        assert (await attacker.get(back)).status_code == 303


@pytest.mark.parametrize(
    "parameters", [{"state": "made-up"}, {"state": ""}, {"code": ""}, {"state": "\ud800".encode("utf-8", "replace")}]
)
async def test_an_answer_with_another_state_or_nothing_in_it_lets_nobody_in(door, parameters):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        told(await browser.get(changed(await pick(browser, door), **parameters)), 403, "not known here")


async def test_a_sign_in_must_be_finished_within_ten_minutes(door):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        back = await pick(browser, door)
        door.lab.clock.advance(minutes=10)
        told(await browser.get(back), 403, "older than ten minutes", "Start again")
    assert not list(door.lab.cloud.journal.of("token"))


async def test_unfinished_sign_ins_do_not_pile_up(door):
    async with door.browser() as browser:
        for _ in range(3):
            await browser.get("/sign-in/entra")
        door.lab.clock.advance(minutes=11)
        await browser.get("/sign-in/entra")
    async with door.service.engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(sign_ins))).scalar_one() == 1


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("signature", "its signature is wrong"),
        ("unsigned", "its signature is wrong"),
        ("key", "its key is none of the tenant's"),
        ("expired", "it is not valid at this time"),
        ("aud", "it is for another app"),
        ("iss", "another issuer made it"),
        ("nonce", "its nonce belongs to another sign-in"),
        ("tid", "it is from another tenant"),
    ],
)
async def test_an_id_token_that_proves_nothing_lets_nobody_in(door, how, why):
    door.person("Ada", "AiSOC.Admin")
    async with door.browser() as browser:
        back = await pick(browser, door)
        door.lab.cloud.faults.add(faults.forged(how))
        told(await browser.get(back), 403, "does not prove who you are", why)
    assert await door.rows() == []


async def test_a_new_key_of_the_tenant_is_found_at_once(door):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        assert (await sign_in(browser, door)).status_code == 303
        door.lab.cloud.directory.keys.rotate()
        assert (await sign_in(browser, door)).status_code == 303


async def test_the_keys_are_not_asked_for_at_each_sign_in(door):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        for _ in range(3):
            await sign_in(browser, door)
    visits = [visit.kind for visit in door.lab.cloud.journal]
    assert (visits.count("openid"), visits.count("keys"), visits.count("token")) == (1, 1, 3)


@pytest.mark.parametrize(
    "then",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", ""],
)
async def test_a_sign_in_never_ends_on_another_site(door, then):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        answer = await sign_in(browser, door, path=f"/sign-in/entra?{urlencode({'next': then})}")
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("kind", ["openid", "token", "keys"])
async def test_a_redirect_is_not_followed(door, kind):
    door.person("Ada", "AiSOC.Viewer")
    away = faults.error(kind, 307, headers={"Location": f"{door.server.elsewhere}/token"})
    async with door.browser() as browser:
        if kind == "openid":
            door.lab.cloud.faults.add(away)
            told(await browser.get("/sign-in/entra"), 503, "HTTP 307")
        back = await pick(browser, door)
        if kind != "openid":
            door.lab.cloud.faults.add(away)
            told(await browser.get(back), 503, "HTTP 307")
    assert not list(door.lab.cloud.journal.of("elsewhere"))


async def test_an_endpoint_on_another_host_gets_nothing(settings, lab, server, tmp_path):
    """The OpenID configuration is the authority's, but what it names must be so too."""
    clouds = Path(settings.clouds)
    elsewhere = clouds.read_text().replace(
        f'authority = "{server.authority}"', f'authority = "{server.authority.replace("localhost", "127.0.0.1")}"'
    )
    clouds.write_text(elsewhere)
    async with opened(sign_in_settings(settings, lab), lab, server) as door, door.browser() as browser:
        told(await browser.get("/sign-in/entra"), 422, "names an address elsewhere", "AISOC_SIGN_IN_CLOUD")


async def test_behind_a_proxy_the_public_address_counts_and_the_cookie_is_for_https_alone(settings, lab, server):
    public = sign_in_settings(settings, lab, public_url="https://aisoc.contoso.example")
    async with opened(public, lab, server) as door, door.browser() as browser:
        answer = await browser.get("/sign-in/entra", headers={"X-Forwarded-Proto": "https"})
    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert asked["redirect_uri"] == "https://aisoc.contoso.example/sign-in/entra/callback"
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-aisoc_sign_in=")
    assert "Secure" in cookie


async def test_the_client_secret_and_the_tokens_appear_nowhere(door, caplog, capfd):
    door.person("Ada", "AiSOC.Admin")
    door.person("Bo")
    seen = []
    with caplog.at_level(logging.DEBUG):
        async with door.browser() as browser:
            seen.append(await browser.get("/sign-in/entra"))
            seen.append(await sign_in(browser, door))
            seen.append(await sign_in(browser, door, "Bo"))
            back = await pick(browser, door)
            door.lab.cloud.faults.add(faults.forged("signature"))
            seen.append(await browser.get(back))
    dump = await dumped(door.service)
    logged = [*written(caplog), *capfd.readouterr()]
    answers = [answer.text + str(answer.headers) for answer in seen]
    for place in (*answers, dump, *logged):
        assert SECRET not in place
        assert "lab." not in place.replace("1.lab.", "")  # access tokens; codes travel in addresses
        assert JWT not in place
