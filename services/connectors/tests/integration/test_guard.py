"""Other sites' pages do not get in, nor strange names of this host; and what every answer tells the browser."""

import asyncio
import contextlib

import httpx
import pytest
import websockets
from doors import PASSWORD, browser, person, sign_in
from fastapi import Request, WebSocket
from fastapi.responses import HTMLResponse
from starlette.requests import HTTPConnection

from app.main import open_service
from app.security.roles import Role
from app.security.tokens import create_token
from app.web.access import Administering, Public, Viewing, address_of_caller, find_caller, service_of
from app.web.app import create_app
from app.web.guard import allowed_hosts
from app.web.server import address_of, listen, serve_app


@pytest.fixture
def app(service):
    made = create_app(service)

    @made.post("/try/change")
    async def change(service: Viewing) -> str:
        return service.actor.via

    @made.get("/try/secret")
    async def secret(service: Administering) -> str:
        return service.actor.name

    @made.get("/console", dependencies=[Public])
    async def console() -> HTMLResponse:
        return HTMLResponse("<head><SCRIPT src=x></script></head><script>1</script>\n<script\n type=module>&lt;script>")

    @made.get("/broken", dependencies=[Public])
    async def broken() -> None:
        raise RuntimeError(PASSWORD)

    @made.websocket("/_nicegui_ws/socket.io/")
    async def socket(websocket: WebSocket) -> None:
        caller = await find_caller(HTTPConnection(websocket.scope))
        await websocket.accept()
        await websocket.send_text(caller.name)

    return made


SITES = [
    ({"sec-fetch-site": "same-origin"}, True),
    ({"sec-fetch-site": "none"}, True),
    ({"sec-fetch-site": "same-site", "origin": "http://localhost:3000"}, False),
    ({"sec-fetch-site": "cross-site", "origin": "http://localhost"}, False),
    ({"origin": "http://localhost"}, True),
    ({"origin": "https://localhost"}, False),
    ({"origin": "http://localhost:3000"}, False),
    ({"origin": "http://localhost.evil.example"}, False),
    ({"origin": "null"}, False),
    ({}, False),
]


@pytest.mark.parametrize(("headers", "passes"), SITES)
async def test_a_change_with_a_session_comes_from_our_own_pages_only(service, app, headers, passes):
    await person(service, "alice")
    async with browser(service, app) as client:
        await sign_in(client, "alice")
        session = client.cookies["aisoc_session"]
    async with browser(service, app, headers=headers, cookies={"aisoc_session": session}) as client:
        answer = await client.post("/try/change")
        assert answer.status_code == (200 if passes else 403)
        assert passes or answer.json()["code"] == "cross_site_request"
        assert (await client.get("/try/secret")).status_code == 200, "looking is safe: others cannot read the answer"


async def test_other_sites_can_sign_nobody_in_or_out(service, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        await sign_in(client, "alice")
        for path in ("/sign-in", "/sign-out", "/set-up", "/password"):
            answer = await client.post(path, headers={"origin": "https://evil.example"})
            assert answer.status_code == 403, path
        assert (await client.get("/try/secret")).status_code == 200


async def test_a_program_with_a_token_needs_no_origin_but_a_cookie_beside_it_does(service, app):
    alice = await person(service, "alice")
    _, token = await create_token(service, "script", Role.VIEWER, user_id=alice.id)
    async with browser(service, app, headers={"authorization": f"Bearer {token}"}) as client:
        assert (await client.post("/try/change")).json() == "api"
        assert (await client.get("/try/secret")).status_code == 403
        client.cookies.set("aisoc_session", "any")
        assert (await client.post("/try/change")).status_code == 403
    async with browser(service, app, headers={}) as client:
        answer = await client.post("/try/change")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="AiSOC"')


async def test_a_wrong_token_is_refused_even_beside_a_good_session(service, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        await sign_in(client, "alice")
        answer = await client.get("/api/v1/connectors", headers={"authorization": "Bearer aisoc_wrong"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil.example:8080", 421),
        ("", 421),
        ("a b", 421),
    ],
)
async def test_only_names_of_this_host_are_answered(service, app, host, status):
    async with browser(service, app, headers={"host": host}) as client:
        assert (await client.get("/sign-in")).status_code == status
        assert (await client.get("/healthz")).status_code == 200, "probes ask by any name"


@pytest.mark.parametrize(
    ("changes", "name", "known"),
    [
        ({}, "aisoc.contoso.com", False),
        ({"public_url": "https://aisoc.contoso.com"}, "aisoc.contoso.com", True),
        ({"public_url": "https://aisoc.contoso.com", "host": "192.0.2.5"}, "evil.example", False),
        ({"host": "192.0.2.5", "public_url": "https://aisoc.contoso.com"}, "192.0.2.5", True),
        ({"host": "localhost"}, "evil.example", False),
    ],
)
def test_the_settings_say_by_which_names(settings, changes, name, known):
    assert (name in allowed_hosts(settings.model_copy(update=changes))) is known


def test_who_listens_to_others_without_a_name_answers_to_any(settings):
    assert allowed_hosts(settings.model_copy(update={"host": "0.0.0.0"})) is None  # noqa: S104 - not bound


async def test_behind_a_proxy_its_address_is_the_own_origin(settings, clock):
    settings = settings.model_copy(update={"public_url": "https://aisoc.contoso.com/"})
    async with open_service(settings, clock) as service:
        await person(service, "alice")
        headers = {"origin": "https://aisoc.contoso.com"}
        async with browser(service, base_url="http://127.0.0.1:8080", headers=headers) as client:
            answer = await sign_in(client, "alice")
    assert answer.status_code == 303
    assert answer.headers["set-cookie"].startswith("__Host-")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_every_answer_has_the_headers_of_safety(service, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        answers = {
            path: await client.get(path) for path in ("/sign-in", "/static/doors.css", "/api/v1/nothing", "/nothing")
        }
        answers["redirect"] = await client.get("/api/v1/../")
        answers["refused"] = await client.post("/sign-in", headers={"origin": "null"})
        answers["unauthorised"] = await client.get("/api/v1/connectors")
    for path, answer in answers.items():
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
        assert headers["referrer-policy"] == "same-origin", path
        assert headers["cross-origin-opener-policy"] == "same-origin", path
        assert headers["cross-origin-resource-policy"] == "same-origin", path
        assert "camera=()" in headers["permissions-policy"], path
        assert "strict-transport-security" not in headers, path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "script" not in headers["content-security-policy"], path
        assert path.startswith("/static") or headers["cache-control"] == "no-store", path
        assert "server" not in headers, path


async def test_the_consoles_pages_run_marked_scripts_only(service, app):
    async with browser(service, app) as client:
        first, second = [await client.get("/console") for _ in range(2)]
    policy = first.headers["content-security-policy"]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert "script-src 'self' 'nonce-" in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert "connect-src 'self' ws://localhost wss://localhost;" in policy
    assert first.text.count(f'<script nonce="{nonce}"') == 2
    assert "&lt;script>" in first.text
    assert int(first.headers["content-length"]) == len(first.content)
    assert nonce not in second.text, "each answer has its own"


async def test_an_error_nobody_foresaw_tells_nothing_and_is_as_safe(service, app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for accept in ("text/html", "application/json"):
            answer = await client.get("/broken", headers={"accept": accept})
            assert answer.status_code == 500
            assert PASSWORD not in answer.text
            assert "RuntimeError" not in answer.text
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["cache-control"] == "no-store"


@contextlib.asynccontextmanager
async def serving(app, settings):
    """Serve over a real socket; yields its address."""
    listener, stopped = listen(settings.model_copy(update={"port": 0})), asyncio.Event()
    task = asyncio.create_task(serve_app(app, listener, settings, stopped))
    try:
        yield address_of(listener, settings)
    finally:
        stopped.set()
        await task


async def test_a_websocket_opens_for_our_own_pages_only(service, settings, app):
    await person(service, "alice")
    async with browser(service, app) as client:
        await sign_in(client, "alice")
        session = client.cookies["aisoc_session"]
    async with serving(app, settings) as address:
        where = address.replace("http", "ws") + "/_nicegui_ws/socket.io/"
        cookie = {"Cookie": f"aisoc_session={session}"}
        async with websockets.connect(where, origin=address, additional_headers=cookie) as socket:
            assert await socket.recv() == "alice"
        for origin in ("https://evil.example", "http://localhost:1", None):
            with pytest.raises(websockets.InvalidStatus) as raised:
                await websockets.connect(where, origin=origin, additional_headers=cookie)
            assert raised.value.response.status_code == 403
        async with httpx.AsyncClient(base_url=address, headers=cookie) as client:
            path = "/_nicegui_ws/socket.io/?transport=polling"
            assert (await client.get(path, headers={"origin": "http://localhost:1"})).status_code == 403


async def test_the_address_of_a_browser_comes_from_a_trusted_proxy_only(service, settings, app):
    @app.get("/try/from", dependencies=[Public])
    async def where(request: Request) -> str:
        assert service_of(request) is service
        return f"{address_of_caller(request)} {request.url.scheme}"

    told = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}
    for trusted, seen in (("127.0.0.1", "203.0.113.9 https"), ("192.0.2.99", "127.0.0.1 http")):
        changed = settings.model_copy(update={"trusted_proxies": trusted})
        async with serving(app, changed) as address, httpx.AsyncClient(base_url=address) as client:
            assert (await client.get("/try/from", headers=told)).json() == seen
