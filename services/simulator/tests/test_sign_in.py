"""The identity provider says what Entra says: pages, redirects, codes, id_tokens and AADSTS numbers."""

import base64
import hashlib
import json
import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest

from simulator import User, faults

CALLBACK = "https://aisoc.contoso.example/sign-in/entra/callback"
VERIFIER = "the-verifier-of-the-tests-with-its-43-characters"


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class Door:
    """An app that people can sign in to, and what a browser meets there."""

    def __init__(self, client, cloud):
        self.client, self.cloud, self.app = client, cloud, client.app
        self.base = f"{client.server.authority}/{client.tenant}"
        self.ada: User = cloud.add_user(client.tenant, "Ada Analyst", "ada@contoso.example")
        cloud.register_redirect(client.app, CALLBACK)
        cloud.assign(self.ada, client.app, ["AiSOC.Analyst"])

    async def authorize(self, **changes):
        """GET the authorization endpoint; an empty value removes a parameter. Status, Location and page."""
        usual = {
            "client_id": self.app.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid profile",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
            "login_hint": "ada@contoso.example",
        }
        asked = {name: value for name, value in (usual | changes).items() if value}
        return await self.open(f"{self.base}/oauth2/v2.0/authorize?{urlencode(asked)}")

    async def open(self, url):
        async with self.client.http.get(url, allow_redirects=False) as response:
            return response.status, response.headers.get("Location", ""), await response.text()

    async def code(self, **changes):
        """The code of a sign-in that goes straight through."""
        return answered((await self.authorize(**changes))[1])["code"]

    async def redeem(self, code, **changes):
        form = {"grant_type": "authorization_code", "scope": "", "code": code, "redirect_uri": CALLBACK}
        return await self.client.ask_token(**{**form, "code_verifier": VERIFIER, **changes})

    async def keys(self):
        async with self.client.http.get(f"{self.base}/discovery/v2.0/keys") as response:
            return jwt.PyJWKSet.from_dict(await response.json())

    async def verified(self, token):
        """The claims of an id_token, verified as a relying party would."""
        key = (await self.keys())[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(token, key, ["RS256"], audience=self.app.client_id, options={"verify_exp": False})


def answered(location):
    return {name: value[0] for name, value in parse_qs(urlsplit(location).query).items()}


@pytest.fixture
def door(stranger, cloud):
    return Door(stranger, cloud)


async def test_the_openid_configuration_leads_to_the_endpoints_of_a_sign_in(door):
    async with door.client.http.get(f"{door.base}/v2.0/.well-known/openid-configuration") as response:
        document = await response.json()
    assert document["authorization_endpoint"] == f"{door.base}/oauth2/v2.0/authorize"
    assert document["jwks_uri"] == f"{door.base}/discovery/v2.0/keys"
    assert document["end_session_endpoint"] == f"{door.base}/oauth2/v2.0/logout"


async def test_a_known_login_hint_signs_straight_in(door):
    status, location, _ = await door.authorize()
    assert status == 302
    assert location.startswith(f"{CALLBACK}?")
    assert answered(location)["state"] == "the-state"
    assert set(answered(location)) == {"code", "state", "session_state"}


async def test_a_person_picks_an_account_on_a_page(door, cloud):
    cloud.add_user(door.client.tenant, "Bo <Bold>", "bo@contoso.example")
    cloud.add_user(cloud.add_tenant(), "Somebody Else", "else@fabrikam.example")
    status, _, page = await door.authorize(login_hint="")
    assert status == 200
    assert "Pick an account" in page
    assert "Bo &lt;Bold&gt;" in page
    assert "Somebody Else" not in page
    link = re.search(r'href="([^"]*)">Ada Analyst', page)
    _, location, _ = await door.open(door.client.server.authority + unescape(link[1]))
    assert (await door.redeem(answered(location)["code"])).status == 200


async def test_select_account_shows_the_page_whatever_the_hint(door):
    assert (await door.authorize(prompt="select_account"))[0] == 200


async def test_who_cancels_is_sent_back_with_access_denied(door):
    _, _, page = await door.authorize(login_hint="")
    link = re.search(r'href="([^"]*)">Cancel', page)
    _, location, _ = await door.open(door.client.server.authority + unescape(link[1]))
    answer = answered(location)
    assert (answer["error"], answer["state"]) == ("access_denied", "the-state")
    assert answer["error_description"].startswith("AADSTS65004: User declined to consent to access the app.")
    assert answer["error_uri"].endswith("/error?code=65004")


@pytest.mark.parametrize(
    "uri", ["https://evil.example/", f"{CALLBACK}/", CALLBACK.upper(), CALLBACK.replace("s:", ":")]
)
async def test_another_redirect_uri_is_told_on_a_page_and_never_followed(door, uri):
    """AADSTS50011; the comparison is exact, case included."""
    status, location, page = await door.authorize(redirect_uri=uri)
    assert (status, location) == (200, "")
    assert "AADSTS50011" in page


async def test_an_app_without_redirect_uris_is_500113(stranger, cloud):
    door = Door(stranger, cloud)
    door.app = cloud.add_app(stranger.tenant)
    assert "AADSTS500113" in (await door.authorize())[2]


async def test_the_port_of_localhost_does_not_count(door, cloud):
    """Per RFC 8252, for http on the loopback only."""
    cloud.register_redirect(door.app, "http://localhost/callback")
    assert (await door.authorize(redirect_uri="http://localhost:5000/callback"))[0] == 302
    assert "AADSTS50011" in (await door.authorize(redirect_uri="http://localhost:5000/other"))[2]


@pytest.mark.parametrize("uri", ["http://aisoc.contoso.example/callback", "https://", "ftp://x", "https://x/#y"])
def test_only_https_and_localhost_can_be_registered(cloud, uri):
    with pytest.raises(ValueError, match="cannot be registered"):
        cloud.register_redirect(cloud.add_app(cloud.add_tenant()), uri)


@pytest.mark.parametrize(("parameter", "number"), [("client_id", "900144"), ("redirect_uri", "50011")])
async def test_without_app_or_redirect_uri_there_is_nowhere_to_go_back_to(door, parameter, number):
    status, location, page = await door.authorize(**{parameter: ""})
    assert (status, location) == (200, "")
    assert f"AADSTS{number}" in page


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"response_type": ""}, "invalid_request", "900144"),
        ({"response_type": "id_token"}, "unsupported_response_type", "700054"),
        ({"scope": ""}, "invalid_request", "900144"),
        ({"scope": "profile"}, "invalid_scope", "70011"),
        ({"scope": "openid https://graph.microsoft.com/Mail.Read"}, "invalid_scope", "70011"),
        ({"code_challenge": ""}, "invalid_request", "9002325"),
        ({"code_challenge_method": "plain"}, "invalid_request", "50149"),
        ({"code_challenge": "short"}, "invalid_request", "501491"),
        ({"prompt": "maybe"}, "invalid_request", "90023"),
        ({"prompt": "none"}, "login_required", "50058"),
    ],
)
async def test_a_wrong_request_is_told_to_the_app(door, changes, error, number):
    answer = answered((await door.authorize(**changes))[1])
    assert (answer["error"], answer["state"]) == (error, "the-state")
    assert answer["error_description"].startswith(f"AADSTS{number}: ")


async def test_who_is_not_assigned_is_50105_where_assignment_is_required(door, cloud):
    cloud.add_user(door.client.tenant, "Bo", "bo@contoso.example")
    assert "code" in answered((await door.authorize(login_hint="bo@contoso.example"))[1])
    cloud.require_assignment(door.app)
    answer = answered((await door.authorize(login_hint="bo@contoso.example"))[1])
    assert answer["error"] == "interaction_required"
    assert answer["error_description"].startswith("AADSTS50105: ")
    assert "code" in answered((await door.authorize())[1])


async def test_form_post_answers_in_a_form(door):
    status, _, page = await door.authorize(response_mode="form_post", state='"><script>')
    assert status == 200
    assert f'action="{CALLBACK}"' in page
    assert 'name="code"' in page
    assert "&quot;&gt;&lt;script&gt;" in page


async def test_a_code_is_worth_an_id_token_with_entras_claims(door, clock):
    answer = await door.redeem(await door.code(scope="openid profile email offline_access", client_info="1"))
    assert answer.status == 200
    assert answer.headers["Cache-Control"].startswith("no-store")
    assert set(answer.body) >= {"access_token", "id_token", "refresh_token", "client_info", "scope", "expires_in"}
    claims = await door.verified(answer.body["id_token"])
    now = int(clock.now.timestamp())
    assert claims.pop("iat") == claims.pop("nbf") == now - 300
    assert claims.pop("exp") == now + 3900
    assert set(claims) - {"rh", "sub", "uti"} == {
        *("aud", "email", "iss", "name", "nonce", "oid", "preferred_username", "roles", "tid", "ver"),
    }
    assert claims["iss"] == f"{door.base}/v2.0"
    assert claims["preferred_username"] == claims["email"] == "ada@contoso.example"
    assert (claims["name"], claims["oid"], claims["tid"]) == ("Ada Analyst", door.ada.object_id, door.client.tenant)
    assert (claims["nonce"], claims["roles"], claims["ver"]) == ("the-nonce", ["AiSOC.Analyst"], "2.0")


async def test_without_profile_there_is_neither_name_nor_oid_and_without_roles_no_roles(door, cloud):
    cloud.assign(door.ada, door.app, [])
    claims = await door.verified((await door.redeem(await door.code(scope="openid"))).body["id_token"])
    assert not {"name", "oid", "preferred_username", "email", "roles"} & set(claims)


async def test_the_token_of_a_sign_in_does_not_open_the_resource_manager(door, cloud):
    cloud.grant(door.app, door.client.subscription, "Reader")
    door.client.token = (await door.redeem(await door.code())).body["access_token"]
    assert (await door.client.get(door.client.target())).status == 401


async def test_a_code_is_redeemed_once(door):
    code = await door.code()
    assert (await door.redeem(code)).status == 200
    answer = await door.redeem(code)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, "invalid_grant", [54005])


async def test_a_code_lives_for_ten_minutes(door, clock):
    code, late = await door.code(), await door.code()
    clock.forward(minutes=9, seconds=59)
    assert (await door.redeem(code)).status == 200
    clock.forward(seconds=1)
    answer = await door.redeem(late)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, "invalid_grant", [70008])


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"code": "made-up"}, "invalid_grant", 9002313),
        ({"code": ""}, "invalid_request", 900144),
        ({"redirect_uri": ""}, "invalid_request", 900144),
        ({"redirect_uri": "https://evil.example/"}, "invalid_client", 500112),
        ({"code_verifier": ""}, "invalid_grant", 50148),
        ({"code_verifier": "x" * 43}, "invalid_grant", 501481),
        ({"client_secret": ""}, "invalid_client", 7000218),
        ({"client_secret": "wrong"}, "invalid_client", 7000215),
    ],
)
async def test_a_code_that_is_redeemed_wrongly_is_refused(door, changes, error, number):
    answer = await door.redeem(**{"code": await door.code(), **changes})
    assert (answer.body["error"], answer.body["error_codes"]) == (error, [number])
    assert answer.status == (401 if error == "invalid_client" else 400)


async def test_a_code_of_another_app_is_no_grant(door, cloud):
    other = cloud.add_app(door.client.tenant, secret="other")
    answer = await door.redeem(await door.code(), client_id=other.client_id, client_secret="other")
    assert (answer.body["error"], answer.body["error_codes"]) == ("invalid_grant", [70000])


async def test_a_new_signing_key_is_published_beside_the_one_before(door, cloud):
    before = (await door.redeem(await door.code())).body["id_token"]
    cloud.directory.keys.rotate()
    after = (await door.redeem(await door.code())).body["id_token"]
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert (await door.verified(before))["tid"] == (await door.verified(after))["tid"]
    assert len((await door.keys()).keys) == 2


@pytest.mark.parametrize("how", ["signature", "unsigned"])
async def test_a_forged_signature_does_not_verify(door, cloud, how):
    cloud.faults.add(faults.forged(how))
    token = (await door.redeem(await door.code())).body["id_token"]
    with pytest.raises(jwt.InvalidTokenError):
        await door.verified(token)


async def test_a_forged_key_is_not_published(door, cloud):
    cloud.faults.add(faults.forged("key"))
    token = (await door.redeem(await door.code())).body["id_token"]
    with pytest.raises(KeyError):
        await door.verified(token)


@pytest.mark.parametrize("claim", ["aud", "iss", "nonce", "tid"])
async def test_a_forged_claim_is_signed_by_the_right_key(door, cloud, claim):
    cloud.faults.add(faults.forged(claim))
    token = (await door.redeem(await door.code())).body["id_token"]
    key = (await door.keys())[jwt.get_unverified_header(token)["kid"]]
    forged = jwt.decode(token, key, ["RS256"], options={"verify_exp": False, "verify_aud": False})
    right = await door.verified((await door.redeem(await door.code())).body["id_token"])
    assert {name for name in forged if forged[name] != right[name]} == {claim, "uti"}


async def test_sign_out_goes_back_to_a_registered_address_only(door):
    back = f"{door.base}/oauth2/v2.0/logout?{urlencode({'post_logout_redirect_uri': CALLBACK})}"
    assert (await door.open(back))[:2] == (302, CALLBACK)
    away = f"{door.base}/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.example/"
    status, location, page = await door.open(away)
    assert (status, location) == (200, "")
    assert "signed out" in page


async def test_client_info_says_who_signed_in(door):
    location = (await door.authorize(client_info="1"))[1]
    info = answered(location)["client_info"]
    told = json.loads(base64.urlsafe_b64decode(info + "=" * (-len(info) % 4)))
    assert told == {"uid": door.ada.object_id, "utid": door.client.tenant}
