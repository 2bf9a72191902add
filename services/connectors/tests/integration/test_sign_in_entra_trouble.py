"""Sign-in with Entra that is set up wrongly or cannot be reached says what to do."""

import logging
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from conftest import SECRET
from entra_door import CALLBACK, JWT, Door, opened, pick, sign_in, sign_in_settings, told, written
from pydantic import SecretStr

from app.errors import InvalidInput
from app.main import open_service
from app.security import sign_in_wire
from app.web.app import create_app
from simulator import faults


@pytest.fixture
async def door(settings, lab, server) -> AsyncIterator[Door]:
    lab.cloud.register_redirect(lab.app, CALLBACK)
    async with opened(sign_in_settings(settings, lab), lab, server) as door:
        yield door


async def test_a_wrong_client_secret_is_told_with_its_setting(settings, lab, server):
    lab.cloud.register_redirect(lab.app, CALLBACK)
    wrong = sign_in_settings(settings, lab, sign_in_client_secret=SecretStr("not-it~canary"))
    async with opened(wrong, lab, server) as door, door.browser() as browser:
        door.person("Ada", "AiSOC.Viewer")
        answer = await sign_in(browser, door)
        told(answer, 422, "AISOC_SIGN_IN_CLIENT_SECRET", "Value, not its Secret ID")
        assert "not-it~canary" not in answer.text


async def test_an_expired_client_secret_is_told(door):
    door.person("Ada", "AiSOC.Viewer")
    door.lab.cloud.add_secret(door.lab.app, SECRET, door.lab.clock.now())
    async with door.browser() as browser:
        told(await sign_in(browser, door), 422, "has expired")


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
        told(await browser.get(back), 422, f"{door.address}/sign-in/entra/callback", "AISOC_PUBLIC_URL")


async def test_an_unknown_tenant_is_told(settings, lab, server):
    other = sign_in_settings(settings, lab, sign_in_tenant="11111111-2222-4333-8444-555555555555")
    async with opened(other, lab, server) as door, door.browser() as browser:
        told(await browser.get("/sign-in/entra"), 422, "There is no tenant 11111111", "AISOC_SIGN_IN_TENANT")


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
        told(await browser.get("/sign-in/entra"), 422, "is not trusted here", "ca_bundle")


async def test_incomplete_settings_stop_the_start(settings, lab, clock):
    incomplete = sign_in_settings(settings, lab, sign_in_client_secret=None)
    async with open_service(incomplete, clock) as service:
        with pytest.raises(InvalidInput, match="AISOC_SIGN_IN_CLIENT_SECRET is missing"):
            create_app(service)


async def test_without_settings_the_door_is_not_there(service, settings, lab, server):
    async with opened(settings.model_copy(update={"port": 0}), lab, server) as door, door.browser() as browser:
        told(await browser.get("/sign-in/entra"), 404, "not set up")
        told(await browser.get("/sign-in/entra/callback?code=x&state=y"), 404, "not set up")


async def test_a_program_gets_a_problem_instead_of_a_page(door):
    async with httpx.AsyncClient(base_url=door.address) as client:
        answer = await client.get("/sign-in/entra/callback?state=x&code=y", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_unknown")
