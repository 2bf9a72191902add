"""Azure Resource Manager's refusals, with Microsoft's status, code and message."""

import aiohttp
import pytest

from simulator import Cloud

PERMISSIONS = "providers/Microsoft.Authorization/permissions?api-version=2022-04-01"


async def test_a_reader_reads_the_activity_log(client, publish):
    [event_id] = publish(1)
    answer = await client.get(client.target())
    assert answer.status == 200
    assert [event["eventDataId"] for event in answer.body["value"]] == [event_id]


@pytest.mark.parametrize(
    "path", ["/subscriptions/{id}", "/subscriptions/{id}/providers/Microsoft.Authorization/permissions"]
)
async def test_every_call_asks_for_its_api_version(client, path):
    target = path.format(id=client.subscription)
    assert (await client.get(target)).code == "MissingApiVersionParameter"
    answer = await client.get(f"{target}?api-version=1999-01-01")
    assert (answer.status, answer.code) == (400, "InvalidApiVersionParameter")


async def test_the_activity_log_is_version_2015_04_01(client):
    target = client.target()
    assert (await client.get(target.replace("2015-04-01", "2017-03-01-preview"))).code == "InvalidApiVersionParameter"
    assert (await client.get(target.replace("api-version=2015-04-01&", ""))).code == "MissingApiVersionParameter"


async def test_no_token_is_401_with_a_bearer_challenge(stranger, server):
    """The challenge names the authority of the subscription's tenant."""
    answer = await stranger.get(stranger.target())
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith(
        f'Bearer authorization_uri="{server.authority}/{stranger.tenant}", error="invalid_token"'
    )


async def test_a_garbage_token_is_401_invalid_authentication_token(client):
    client.token = "garbage"
    answer = await client.get(client.target())
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")
    assert "WWW-Authenticate" in answer.headers


async def test_a_token_for_graph_is_not_one_for_arm(client, server):
    """The scope is {resource manager}/.default, not Graph's."""
    await client.sign_in(scope=f"{server.origins.graph}/.default")
    answer = await client.get(client.target())
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")
    assert "audience" in answer.body["error"]["message"]


async def test_a_token_past_its_lifetime_is_401_expired(client, clock):
    clock.forward(seconds=3598)
    assert (await client.get(client.target())).status == 200
    clock.forward(seconds=1)
    answer = await client.get(client.target())
    assert (answer.status, answer.code) == (401, "ExpiredAuthenticationToken")
    message = answer.body["error"]["message"]
    assert message.startswith("The access token expiry UTC time '03/01/2026 12:59:59' is earlier than current UTC time")


async def test_a_subscription_of_another_tenant_is_401_with_both_tenants(client, cloud):
    other = cloud.add_tenant()
    client.subscription = cloud.add_subscription(other)
    answer = await client.get(client.target())
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationTokenTenant")
    message = answer.body["error"]["message"]
    assert message.startswith("The access token is from the wrong issuer ")
    assert client.tenant in message
    assert other in message


async def test_no_role_is_403_authorization_failed(stranger):
    await stranger.sign_in()
    answer = await stranger.get(stranger.target())
    assert (answer.status, answer.code) == (403, "AuthorizationFailed")
    assert answer.body["error"]["message"] == (
        f"The client '{stranger.app.client_id}' with object id '{stranger.app.object_id}' does not have authorization "
        f"to perform action 'microsoft.insights/eventtypes/values/read' over scope "
        f"'/subscriptions/{stranger.subscription}' or the scope is invalid. If access was recently granted, please "
        "refresh your credentials."
    )


async def test_a_role_that_is_taken_away_is_missing_at_once(client, cloud):
    cloud.revoke(client.app, client.subscription)
    assert (await client.get(client.target())).code == "AuthorizationFailed"


async def test_an_unknown_subscription_is_404(client):
    client.subscription = "9d2b7f34-0000-4000-8000-000000000000"
    answer = await client.get(client.target())
    assert (answer.status, answer.code) == (404, "SubscriptionNotFound")
    assert answer.body["error"]["message"] == f"The subscription '{client.subscription}' could not be found."


@pytest.mark.parametrize("malformed", ["production", "9d2b7f34-0000-4000-8000", "9d2b7f3400004000800000000000000a"])
async def test_a_malformed_subscription_id_is_400(client, malformed):
    client.subscription = malformed
    answer = await client.get(client.target())
    assert (answer.status, answer.code) == (400, "InvalidSubscriptionId")
    assert answer.body["error"]["message"] == (
        f"The provided subscription identifier '{malformed}' is malformed or invalid."
    )


async def test_paths_and_ids_are_the_same_in_any_case(client):
    target = client.target().replace("/Microsoft.Insights/", "/microsoft.insights/")
    assert (await client.get(target.replace(client.subscription, client.subscription.upper()))).status == 200


async def test_the_list_of_subscriptions_has_those_with_a_role(client, cloud):
    cloud.add_subscription(client.tenant, name="Not granted")
    answer = await client.get("/subscriptions?api-version=2022-12-01")
    assert [(each["subscriptionId"], each["displayName"]) for each in answer.body["value"]] == [
        (client.subscription, "Contoso Production")
    ]


async def test_a_subscription_tells_its_tenant_and_state(client):
    body = (await client.get(f"/subscriptions/{client.subscription}?api-version=2022-12-01")).body
    assert body["id"] == f"/subscriptions/{client.subscription}"
    assert (body["tenantId"], body["state"]) == (client.tenant, "Enabled")


async def test_permissions_show_that_reader_only_reads(client):
    body = (await client.get(f"/subscriptions/{client.subscription}/{PERMISSIONS}")).body
    assert [entry["actions"] for entry in body["value"]] == [["*/read"]]


@pytest.mark.parametrize("role", ["Contributor", "Owner"])
async def test_permissions_show_that_a_bigger_role_does_more(client, cloud: Cloud, role):
    """An entry `*` in actions means more than Reader."""
    cloud.grant(client.app, client.subscription, role)
    body = (await client.get(f"/subscriptions/{client.subscription}/{PERMISSIONS}")).body
    assert ["*"] in [entry["actions"] for entry in body["value"]]


async def test_an_address_outside_the_api_is_404_in_json(client):
    answer = await client.get("/nothing/here")
    assert (answer.status, answer.code) == (404, "NotFound")


async def test_the_certificate_is_only_trusted_through_the_bundle(server):
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await http.get(server.resource_manager)


async def test_both_localhost_and_127_0_0_1_are_in_the_certificate(client, server):
    async with client.http.get(server.resource_manager.replace("localhost", "127.0.0.1")) as response:
        assert response.status == 404
