"""Sign-in with Entra over real HTTP: a browser's way to the simulated identity provider and back."""

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from conftest import SECRET, Lab
from pydantic import SecretStr
from sqlalchemy import func, select, text, update

from app.errors import InvalidInput
from app.log import _QUIET_LIBRARIES
from app.main import open_service
from app.security import sign_in_wire
from app.security.roles import Role
from app.service import Service
from app.settings import Settings
from app.storage.audit import list_changes
from app.storage.tables import audit_log, sessions, sign_ins, users
from app.web.app import create_app
from app.web.server import listen, serve_app
from simulator import Server, faults

PAGE = {"Accept": "text/html"}
CALLBACK = "http://localhost/sign-in/entra/callback"


JWT = "eyJhbGci"  # how each begins


@dataclass
class Door:
    """AiSOC as it listens, and the tenant whose people come."""

    service: Service
    lab: Lab
    server: Server
    address: str
    tls: ssl.SSLContext

    def person(self, name="Ada", *roles, tenant=None):
        user = self.lab.cloud.add_user(tenant or self.lab.tenant, name, f"{name.lower()}@contoso.example")
        self.lab.cloud.assign(user, self.lab.app, roles)
        return user

    @asynccontextmanager
    async def browser(self):
        """A browser that follows nothing by itself."""
        async with httpx.AsyncClient(verify=self.tls, headers=PAGE, base_url=self.address) as client:
            yield client

    async def rows(self):
        async with self.service.engine.connect() as connection:
            return (await connection.execute(select(users).order_by(users.c.created_at, users.c.name))).all()

    async def changes(self):
        async with self.service.engine.connect() as connection:
            return [(row["action"], row["actor"], row["facts"]) for row in await list_changes(connection, 100)]


async def pick(browser, door, name="Ada", path="/sign-in/entra"):
    """Begin a sign-in, pick an account on the provider's page, and return where that sends the browser."""
    begun = await browser.get(path)
    assert begun.status_code == 302, begun.text
    page = (await browser.get(begun.headers["Location"])).text
    link = re.search(rf'href="([^"]*)">{name}<', page)
    assert link, page
    return (await browser.get(door.server.authority + unescape(link[1]))).headers["Location"]


async def sign_in(browser, door, name="Ada", path="/sign-in/entra"):
    """The whole way; returns the answer of AiSOC at its end."""
    return await browser.get(await pick(browser, door, name, path))


def changed(url, **parameters):
    """The URL with some parameters replaced; an empty value removes one."""
    head, _, query = url.partition("?")
    asked = {name: value for name, value in (dict(parse_qsl(query)) | parameters).items() if value}
    return f"{head}?{urlencode(asked)}"


def sign_in_settings(settings: Settings, lab: Lab, **changes):
    ours = {
        "port": 0,
        "sign_in_tenant": lab.tenant,
        "sign_in_client_id": lab.app.client_id,
        "sign_in_client_secret": SecretStr(SECRET),
        "sign_in_cloud": "Lab",
    }
    return settings.model_copy(update=ours | changes)


@asynccontextmanager
async def opened(settings, lab, server) -> AsyncIterator[Door]:
    async with open_service(settings, lab.clock) as service:
        listener, stopped = listen(settings), asyncio.Event()
        tls = ssl.create_default_context(cafile=str(server.ca_bundle))
        address = f"http://localhost:{listener.getsockname()[1]}"
        serving = asyncio.create_task(serve_app(create_app(service), listener, settings, stopped))
        try:
            yield Door(service, lab, server, address, tls)
        finally:
            stopped.set()
            await serving


@pytest.fixture
async def door(settings, lab, server) -> AsyncIterator[Door]:
    lab.cloud.register_redirect(lab.app, CALLBACK)
    async with opened(sign_in_settings(settings, lab), lab, server) as door:
        yield door


def told(answer, status, *words):
    """Check an error's page: its status, and that it says these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    for word in words:
        assert word in unescape(answer.text)
    assert "aisoc_session" not in answer.headers.get("set-cookie", "")


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


async def test_an_answer_is_taken_once(door):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        back = await pick(browser, door)
        mark = browser.cookies["aisoc_sign_in"]
        assert (await browser.get(back)).status_code == 303
        browser.cookies.set("aisoc_sign_in", mark, domain="localhost.local")
        told(await browser.get(back), 403, "not known here")


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


async def test_a_wrong_client_secret_is_told_with_its_setting(settings, lab, server):
    lab.cloud.register_redirect(lab.app, CALLBACK)
    wrong = sign_in_settings(settings, lab, sign_in_client_secret=SecretStr("not-it~canary"))
    async with opened(wrong, lab, server) as door, door.browser() as browser:
        door.person("Ada", "AiSOC.Viewer")
        answer = await sign_in(browser, door)
        told(answer, 503, "AISOC_SIGN_IN_CLIENT_SECRET", "Value, not its Secret ID")
        assert "not-it~canary" not in answer.text


async def test_an_expired_client_secret_is_told(door):
    door.person("Ada", "AiSOC.Viewer")
    door.lab.cloud.add_secret(door.lab.app, SECRET, door.lab.clock.now())
    async with door.browser() as browser:
        told(await sign_in(browser, door), 503, "has expired")


async def test_a_redirect_uri_that_is_not_registered_is_shown_by_entra(settings, lab, server):
    lab.cloud.register_redirect(lab.app, "https://aisoc.contoso.example/sign-in/entra/callback")
    async with opened(sign_in_settings(settings, lab), lab, server) as door, door.browser() as browser:
        page = await browser.get((await browser.get("/sign-in/entra")).headers["Location"])
        assert "AADSTS50011" in page.text
        assert f"{door.address}/sign-in/entra/callback" in unescape(page.text)


async def test_a_redirect_uri_that_entra_refuses_at_the_end_is_named(door):
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        back = await pick(browser, door)
        door.lab.cloud.faults.add(
            faults.error("token", 401, "invalid_client", "AADSTS500112: The reply address differs.")
        )
        told(await browser.get(back), 503, f"{door.address}/sign-in/entra/callback", "AISOC_PUBLIC_URL")


async def test_an_unknown_tenant_is_told(settings, lab, server):
    other = sign_in_settings(settings, lab, sign_in_tenant="11111111-2222-4333-8444-555555555555")
    async with opened(other, lab, server) as door, door.browser() as browser:
        told(await browser.get("/sign-in/entra"), 503, "There is no tenant 11111111", "AISOC_SIGN_IN_TENANT")


async def test_an_unknown_app_is_shown_by_entra(settings, lab, server):
    other = sign_in_settings(settings, lab, sign_in_client_id="11111111-2222-4333-8444-555555555555")
    async with opened(other, lab, server) as door, door.browser() as browser:
        page = await browser.get((await browser.get("/sign-in/entra")).headers["Location"])
        assert "AADSTS700016" in page.text


@pytest.mark.parametrize("kind", ["openid", "token", "keys"])
@pytest.mark.parametrize(
    "fault", [faults.error("any", 503), faults.html("any"), faults.malformed("any"), faults.truncated("any")]
)
async def test_an_answer_that_is_none_is_tried_again_later_and_never_logged(door, kind, fault, caplog):
    """The token endpoint's broken answer may hold tokens."""
    door.person("Ada", "AiSOC.Viewer")
    spoilt = type(fault)(kind, fault.action)
    with caplog.at_level(logging.DEBUG):
        async with door.browser() as browser:
            if kind == "openid":
                door.lab.cloud.faults.add(spoilt)
                told(await browser.get("/sign-in/entra"), 503, "Start again after a minute")
            back = await pick(browser, door)
            if kind != "openid":
                door.lab.cloud.faults.add(spoilt)
                told(await browser.get(back), 503, "Start again after a minute")
            assert (await sign_in(browser, door)).status_code == 303
    assert not any(part in line for line in written(caplog) for part in ("id_token", SECRET, JWT))


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


async def test_entra_that_does_not_answer_is_waited_for_in_vain(door, monkeypatch):
    monkeypatch.setattr(sign_in_wire, "_TIMEOUT", httpx.Timeout(0.3))
    door.person("Ada", "AiSOC.Viewer")
    async with door.browser() as browser:
        back = await pick(browser, door)
        door.lab.cloud.faults.add(faults.hang("token"))
        told(await browser.get(back), 503, f"{door.server.authority} cannot be reached", "HTTPS_PROXY")


async def test_a_certificate_that_is_not_trusted_is_told(settings, lab, server):
    clouds = Path(settings.clouds)
    clouds.write_text("\n".join(line for line in clouds.read_text().splitlines() if "ca_bundle" not in line))
    async with opened(sign_in_settings(settings, lab), lab, server) as door, door.browser() as browser:
        told(await browser.get("/sign-in/entra"), 503, "is not trusted here", "ca_bundle")


async def test_incomplete_settings_stop_the_start(settings, lab, clock):
    incomplete = sign_in_settings(settings, lab, sign_in_client_secret=None)
    async with open_service(incomplete, clock) as service:
        with pytest.raises(InvalidInput, match="AISOC_SIGN_IN_CLIENT_SECRET is missing"):
            create_app(service)


async def test_an_endpoint_on_another_host_gets_nothing(settings, lab, server, tmp_path):
    """The OpenID configuration is the authority's, but what it names must be so too."""
    clouds = Path(settings.clouds)
    elsewhere = clouds.read_text().replace(
        f'authority = "{server.authority}"', f'authority = "{server.authority.replace("localhost", "127.0.0.1")}"'
    )
    clouds.write_text(elsewhere)
    async with opened(sign_in_settings(settings, lab), lab, server) as door, door.browser() as browser:
        told(await browser.get("/sign-in/entra"), 503, "names an address elsewhere", "AISOC_SIGN_IN_CLOUD")


async def test_behind_a_proxy_the_public_address_counts_and_the_cookie_is_for_https_alone(settings, lab, server):
    public = sign_in_settings(settings, lab, public_url="https://aisoc.contoso.example")
    async with opened(public, lab, server) as door, door.browser() as browser:
        answer = await browser.get("/sign-in/entra", headers={"X-Forwarded-Proto": "https"})
    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert asked["redirect_uri"] == "https://aisoc.contoso.example/sign-in/entra/callback"
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-aisoc_sign_in=")
    assert "Secure" in cookie


async def test_without_settings_the_door_is_not_there(service, settings, lab, server):
    async with opened(settings.model_copy(update={"port": 0}), lab, server) as door, door.browser() as browser:
        told(await browser.get("/sign-in/entra"), 404, "not set up")
        told(await browser.get("/sign-in/entra/callback?code=x&state=y"), 404, "not set up")


async def test_a_program_gets_a_problem_instead_of_a_page(door):
    async with httpx.AsyncClient(base_url=door.address) as client:
        answer = await client.get("/sign-in/entra/callback?state=x&code=y", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_unknown")


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


def written(caplog):
    """What the most talkative log would have of what was logged."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING or record.name.split(".")[0] not in _QUIET_LIBRARIES
    ]


async def dumped(service: Service) -> str:
    """All that the tables of the doors hold, as text."""
    async with service.engine.connect() as connection:
        found = [(await connection.execute(select(table))).all() for table in (users, sessions, sign_ins, audit_log)]
    return "\n".join(str(rows) for rows in found)
