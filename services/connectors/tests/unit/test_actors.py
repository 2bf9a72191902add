"""Who did it, from which tenant and address, as the three shapes tell it."""

import json

import pytest
from unit.records import (
    APP,
    CLAIMS,
    IDENTITY,
    OBJECT,
    PIM,
    RESOURCE,
    SCHEMAS,
    SHAPES,
    SUBSCRIPTION,
    TENANT,
    exported,
    rest,
    row,
)

from app.events.event import Severity

SHAPE = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


@SHAPE
def test_a_person_is_a_user_with_an_address(normalize, shape):
    event = normalize(shape())
    assert (event.actor, event.actor_email, event.actor_type) == ("megan@contoso.com", "megan@contoso.com", "user")


@pytest.mark.parametrize("claim", ["upn", "name", "emailaddress"])
def test_a_caller_that_is_null_is_named_by_the_token(normalize, claim):
    event = normalize(rest(caller=None, claims={f"{SCHEMAS}/{claim}": "lee@fabrikam.com"}))
    assert (event.actor, event.actor_email, event.actor_type) == ("lee@fabrikam.com", "lee@fabrikam.com", "user")


@pytest.mark.parametrize("token", [{"idtyp": "app", "appid": APP}, {"idtyp": "App", "appid": APP}, {"appid": APP}])
def test_an_app_is_an_application_with_its_app_id(normalize, token):
    event = normalize(rest(caller=OBJECT, claims=token))
    assert (event.actor, event.actor_email, event.actor_type, event.app_id) == (OBJECT, None, "application", APP)


def test_a_managed_identity_is_told_by_its_resource(normalize):
    mirid = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-contoso"
    event = normalize(rest(caller=OBJECT, claims={"idtyp": "app", "appid": APP, "xms_mirid": mirid}))
    assert (event.actor, event.actor_type, event.app_id) == (OBJECT, "managed_identity", APP)


def test_the_principal_of_the_used_role_names_an_actor_that_nothing_else_names(normalize):
    evidence = {"principalType": "ServicePrincipal", "principalId": OBJECT.replace("-", "")}
    event = normalize(rest(caller=None, claims=None, authorization={"evidence": evidence}))
    assert (event.actor, event.actor_type) == (OBJECT.replace("-", ""), "application")


@pytest.mark.parametrize(
    "category", ["ServiceHealth", "ResourceHealth", "Recommendation", "Autoscale", "Alert", "Security"]
)
@SHAPE
def test_azure_itself_is_the_actor_of_its_own_events(normalize, shape, category):
    assert normalize(shape(category=category)).actor_type == "platform"


def test_a_service_of_azure_is_the_platform(normalize):
    event = normalize(rest(caller="Microsoft.Insights/autoscaleSettings", claims={}, authorization=None))
    assert (event.actor, event.actor_type) == ("Microsoft.Insights/autoscaleSettings", "platform")


def test_an_unnamed_actor_is_unknown(normalize):
    event = normalize(rest(caller=None, claims=None, authorization=None))
    assert (event.actor, event.actor_email, event.actor_type, event.app_id) == (None, None, "unknown", None)


def test_a_pim_activation_keeps_its_sentence_and_names_who_asked(normalize):
    event = normalize(PIM)
    assert event.operation == "Add member to role completed (PIM activation)"
    assert event.event_type == "add member to role completed (pim activation)"
    assert (event.actor, event.actor_email, event.actor_type) == ("admin@fabrikam.com", "admin@fabrikam.com", "user")
    assert (event.tenant_id, event.outcome, event.severity) == (TENANT, "success", Severity.INFO)


def test_a_pim_expiry_is_an_act_of_the_platform(normalize):
    info = {"UPN": "", "ObjectID": OBJECT, "Username": "MS-PIM"}
    pairs = [{"CallerIdentityType": kind, "CallerIdentityValue": value} for kind, value in info.items()]
    event = normalize(PIM | {"properties": {"CallerInfo": json.dumps(pairs)}})
    assert (event.actor, event.actor_email, event.actor_type) == ("MS-PIM", None, "platform")


@pytest.mark.parametrize(
    "info",
    [None, "", "{", "[" * 100_000, "[1]", "{}", [], [None], 5, [{"CallerIdentityType": []}], "\ud7ff"],
    ids=lambda info: repr(info)[:12],
)
def test_a_pim_record_with_odd_caller_info_still_normalizes(normalize, info):
    assert normalize(PIM | {"properties": {"CallerInfo": info}}).actor_type == "unknown"


# --- tenants, addresses, JSON texts


def test_the_tenant_comes_from_the_record_then_its_claim_then_the_tokens_issuer(normalize):
    issuer = {"iss": f"https://sts.windows.net/{TENANT.upper()}/"}
    claimed = {f"{IDENTITY}/tenantid": APP}
    assert normalize(rest(tenantId=OBJECT, claims=issuer | claimed)).tenant_id == OBJECT
    assert normalize(rest(tenantId=None, claims=issuer | claimed)).tenant_id == APP
    assert normalize(rest(tenantId=None, claims=issuer)).tenant_id == TENANT
    assert normalize(rest(tenantId=None, claims={"iss": "https://contoso.com"})).tenant_id is None


def test_a_rows_tenant_id_is_its_workspace_and_not_taken(normalize):
    assert normalize(row()).tenant_id == TENANT
    assert normalize(row(Claims=None)).tenant_id is None


def test_the_source_address_is_the_requests_before_the_tokens(normalize):
    assert normalize(rest()).src_ip == "203.0.113.9"
    assert normalize(rest(httpRequest=None)).src_ip == "198.51.100.7"
    assert normalize(rest(httpRequest='{"clientIpAddress": "192.0.2.1"}')).src_ip == "192.0.2.1"
    assert normalize(row(CallerIpAddress=None, HTTPRequest='{"clientIpAddress": "192.0.2.1"}')).src_ip == "192.0.2.1"


@pytest.mark.parametrize("broken", ["", "none", "{", '{"a":', "[1]", "{" * 50_000, 7, [], True])
def test_claims_that_are_no_object_are_as_good_as_none(normalize, broken):
    event = normalize(rest(claims=broken))
    assert (event.actor, event.app_id, event.actor_type) == ("megan@contoso.com", None, "user")


def test_json_texts_are_read_like_objects(normalize):
    written = exported(identity=json.dumps({"claims": json.dumps(CLAIMS), "authorization": "{}"}))
    written["properties"] = json.dumps({"entity": RESOURCE, "eventCategory": "Administrative"})
    event = normalize(written)
    assert (event.actor, event.app_id, event.resource_id) == ("megan@contoso.com", APP, RESOURCE)
    spoken = rest(claims=json.dumps(CLAIMS), authorization=json.dumps({"scope": RESOURCE}), resourceId=None, id=None)
    assert (normalize(spoken).resource_id, normalize(spoken).app_id) == (RESOURCE, APP)
