"""The token endpoint says what Entra says: status, OAuth error and AADSTS number."""

import re
from datetime import timedelta

import pytest


async def test_a_right_secret_gets_a_bearer_token_for_3599_seconds(stranger):
    answer = await stranger.ask_token()
    assert answer.status == 200
    assert answer.body["token_type"] == "Bearer"
    assert answer.body["expires_in"] == 3599
    assert answer.body["access_token"]


async def test_the_openid_configuration_names_the_token_endpoint(stranger, server):
    """MSAL asks for it first, at {authority}/{tenant}/v2.0/.well-known/openid-configuration."""
    base = f"{server.authority}/{stranger.tenant}"
    async with stranger.http.get(f"{base}/v2.0/.well-known/openid-configuration") as response:
        document = await response.json()
    assert document["token_endpoint"] == f"{base}/oauth2/v2.0/token"
    assert document["issuer"] == f"{base}/v2.0"


async def test_a_wrong_secret_is_401_invalid_client_7000215(stranger):
    """Often the secret's id was pasted instead of its value."""
    answer = await stranger.ask_token(client_secret="5f0c1d2e-the-id-of-it")
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")
    assert answer.body["error_codes"] == [7000215]
    assert answer.body["error_description"].startswith("AADSTS7000215: Invalid client secret provided. ")


async def test_an_expired_secret_is_401_invalid_client_7000222(stranger, cloud, clock):
    cloud.add_secret(stranger.app, "old", clock.now + timedelta(minutes=5))
    assert (await stranger.ask_token(client_secret="old")).status == 200
    clock.forward(minutes=5)
    answer = await stranger.ask_token(client_secret="old")
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (401, "invalid_client", [7000222])


async def test_an_app_may_have_two_valid_secrets_while_one_is_rotated(stranger, cloud):
    cloud.add_secret(stranger.app, "the-next-one")
    assert (await stranger.ask_token()).status == 200
    assert (await stranger.ask_token(client_secret="the-next-one")).status == 200


async def test_an_app_of_another_tenant_is_400_unauthorized_client_700016(stranger, cloud):
    other = cloud.add_app(cloud.add_tenant(), secret="s3cret-value")
    answer = await stranger.ask_token(client_id=other.client_id)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, "unauthorized_client", [700016])


async def test_an_unknown_tenant_is_400_invalid_tenant_90002(stranger):
    """The error has been invalid_tenant since 2023, invalid_request before."""
    answer = await stranger.ask_token(tenant="11111111-2222-4333-8444-555555555555")
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, "invalid_tenant", [90002])


async def test_the_openid_configuration_of_an_unknown_tenant_is_90002(stranger, server):
    async with stranger.http.get(f"{server.authority}/nowhere/v2.0/.well-known/openid-configuration") as response:
        assert response.status == 400
        assert (await response.json())["error_codes"] == [90002]


async def test_an_error_has_all_of_microsofts_fields(stranger, server):
    body = (await stranger.ask_token(client_secret="wrong")).body
    assert list(body) == [
        *("error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri"),
    ]
    tail = f"Trace ID: {body['trace_id']} Correlation ID: {body['correlation_id']} Timestamp: {body['timestamp']}"
    assert body["error_description"].endswith(tail)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", body["timestamp"])
    assert body["error_uri"] == f"{server.authority}/error?code=7000215"


@pytest.mark.parametrize("scope", ["user_impersonation", "openid", "https://x/.default https://y/.default"])
async def test_a_scope_that_is_not_one_default_is_400_invalid_scope(stranger, scope):
    """Client credential flows must have a scope with the suffix /.default."""
    answer = await stranger.ask_token(scope=scope)
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, "invalid_scope", [1002012])


@pytest.mark.parametrize("missing", ["grant_type", "client_id", "scope"])
async def test_a_missing_field_is_400_invalid_request_900144(stranger, missing):
    answer = await stranger.ask_token(**{missing: ""})
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (400, "invalid_request", [900144])


async def test_a_missing_secret_is_401_invalid_client_7000218(stranger):
    answer = await stranger.ask_token(client_secret="")
    assert (answer.status, answer.body["error"], answer.body["error_codes"]) == (401, "invalid_client", [7000218])


async def test_only_client_credentials_are_granted(stranger):
    answer = await stranger.ask_token(grant_type="password")
    assert (answer.status, answer.body["error"]) == (400, "unsupported_grant_type")
