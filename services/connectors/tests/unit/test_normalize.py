"""One vocabulary for the three shapes of an Activity Log record, and one identity for each event."""

import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.records import (
    APP,
    CLAIMS,
    CORRELATION,
    EVENT,
    ID,
    IDENTITY,
    OBJECT,
    OPERATION_ID,
    RESOURCE,
    SCHEMAS,
    SHAPES,
    SUBSCRIPTION,
    TENANT,
    TICKS,
    TIME,
    WRITE,
    encode,
    exported,
    rest,
    row,
)

from app.connectors import get_connector
from app.errors import Skip
from app.events.event import Event, Severity

LONGEST = 2048
SHAPE = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)

PIM = {
    "time": TIME,
    "resourceId": f"/SUBSCRIPTIONS/{SUBSCRIPTION.upper()}",
    "operationName": "Add member to role completed (PIM activation)",
    "category": "Administrative",
    "resultType": "Succeeded",
    "correlationId": CORRELATION,
    "callerIpAddress": "203.0.113.44",
    "properties": {
        "TenantID": TENANT,
        "RoleDefinition": "Owner",
        "CallerInfo": json.dumps(
            [
                {"CallerIdentityType": "UPN", "CallerIdentityValue": "admin@fabrikam.com"},
                {"CallerIdentityType": "ObjectID", "CallerIdentityValue": OBJECT},
                {"CallerIdentityType": "Username", "CallerIdentityValue": "Fabrikam Admin"},
            ]
        ),
    },
}


@pytest.fixture
def normalize(connector):
    """Normalize a record that is no read."""

    def of(record):
        event = connector.normalize(record if isinstance(record, bytes) else encode(record))
        assert event is not None
        return event

    return of


@pytest.fixture
def skipped(connector):
    """Return the code that a record is quarantined with."""

    def of(record) -> str:
        with pytest.raises(Skip) as caught:
            connector.normalize(record if isinstance(record, bytes) else encode(record))
        return caught.value.code

    return of


# What all shapes tell alike.
COMMON = {
    "source": "azure_activity",
    "category": "cloud",
    "event_time": datetime(2026, 5, 1, 10, 0, 0, 123456, UTC),
    "severity": Severity.INFO,
    "event_type": "microsoft.storage/storageaccounts/write",
    "outcome": "success",
    "activity_category": "Administrative",
    "actor": "megan@contoso.com",
    "actor_email": "megan@contoso.com",
    "actor_type": "user",
    "app_id": APP,
    "src_ip": "203.0.113.9",
    "resource_id": RESOURCE,
    "resource_type": "Microsoft.Storage/storageAccounts",
    "resource_group": "rg-Contoso",
    "resource_name": "contosologs",
    "subscription_id": SUBSCRIPTION,
    "tenant_id": TENANT,
    "correlation_id": CORRELATION,
}
OWN = {
    "rest": {
        "external_id": ID,
        "available_time": datetime(2026, 5, 1, 10, 0, 17, 765432, UTC),
        "operation": WRITE,
        "title": "Create or update a thing: contosologs",
        "status": "Succeeded",
        "operation_id": OPERATION_ID,
    },
    "exported": {
        "external_id": None,
        "available_time": None,
        "operation": WRITE.upper(),
        "title": f"{WRITE}: contosologs",
        "status": "Success",
        "operation_id": None,
    },
    "log_analytics": {
        "external_id": f"{RESOURCE.lower()}/events/{EVENT}/ticks/{TICKS}",
        "available_time": datetime(2026, 5, 1, 10, 0, 17, 765432, UTC),
        "operation": WRITE.upper(),
        "title": "Create or update a thing: contosologs",
        "status": "Success",
        "operation_id": OPERATION_ID,
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_field_of_a_shape_is_read(normalize, shape):
    fields = msgspec.structs.asdict(normalize(SHAPES[shape]()))
    told = {name: value for name, value in fields.items() if name not in {"id", "severity_reason"}}
    assert told == COMMON | OWN[shape]


def test_a_record_with_its_time_alone_and_an_id_is_an_event(normalize):
    event = normalize({"eventTimestamp": TIME, "id": "/subscriptions/s1/events/e1/ticks/1"})
    assert (event.event_type, event.title, event.outcome, event.actor_type) == (
        "unknown",
        "Activity Log event: s1",
        "unknown",
        "unknown",
    )
    assert event.resource_id == "/subscriptions/s1"


# --- what cannot be understood


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b"3", b'"text"', b"[]", b"\xff\xfe", b'{"eventTimestamp":', b"NaN"]
)
def test_what_is_no_json_object_is_quarantined(skipped, raw):
    assert skipped(raw) == "not_a_record"


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"operationName": WRITE},
        {"eventTimestamp": None, "operationName": WRITE},
        {"eventTimestamp": "yesterday", "operationName": WRITE},
        {"eventTimestamp": 1_777_000_000, "operationName": WRITE},
        {"eventTimestamp": [TIME], "operationName": WRITE},
        {"time": "2026-13-01T00:00:00Z", "operationName": WRITE},
        {"TimeGenerated": "0001-01-01T00:00:00+05:00", "OperationNameValue": WRITE},
    ],
)
def test_a_record_without_a_time_is_quarantined(skipped, record):
    assert skipped(record) == "no_event_time"


@pytest.mark.parametrize("key", ["time", "eventTimestamp", "TimeGenerated"])
def test_a_record_of_another_log_is_quarantined(skipped, key):
    assert skipped({key: TIME, "message": "a line of a program"}) == "not_activity_log"


@pytest.mark.parametrize(
    "part",
    [
        b'"caller": "\\ud800"',
        b'"caller": "\xff"',
        b'"caller": ' + b"9" * 5000,
        b'"caller": 1e999',
        b'"other": ' + b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=["lone surrogate", "no UTF-8", "huge number", "infinite", "deep"],
)
def test_what_no_program_could_read_is_quarantined_and_nothing_worse(skipped, part):
    assert skipped(b'{"eventTimestamp": "2026-05-01T10:00:00Z", "id": "e", ' + part + b"}") == "not_a_record"


def test_the_reason_says_what_is_wrong_and_does_not_quote_a_whole_record(connector):
    with pytest.raises(Skip) as caught:
        connector.normalize(encode({"eventTimestamp": "x" * 10_000, "operationName": WRITE}))
    assert "time cannot be read" in caught.value.message
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("name", ["caller", "category", "operationName", "claims", "properties", "status", "level"])
@SHAPE
def test_a_field_that_is_null_or_missing_does_not_raise(normalize, shape, name):
    keys = [key for key in shape() if key.lower().startswith(name.lower())]
    gone = {key: value for key, value in shape().items() if key not in keys}
    assert normalize(gone).source == "azure_activity"
    assert normalize(shape() | dict.fromkeys(keys)).source == "azure_activity"


# --- outcomes and times


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("Started", "in_progress"),
        ("Start", "in_progress"),
        ("Accepted", "in_progress"),
        ("Accept", "in_progress"),
        ("In Progress", "in_progress"),
        ("InProgress", "in_progress"),
        ("Succeeded", "success"),
        ("Success", "success"),
        ("Failed", "failure"),
        ("Failure", "failure"),
        ("Active", "unknown"),
        ("Resolved", "unknown"),
        ("Updated", "unknown"),
        ("", "unknown"),
        ("200", "unknown"),
    ],
)
@SHAPE
@pytest.mark.parametrize("spell", [str, str.upper, "{}.".format], ids=["as is", "upper", "dot"])
def test_a_status_word_means_an_outcome(normalize, shape, spell, word, outcome):
    key = {"eventTimestamp": "status", "time": "resultType", "TimeGenerated": "ActivityStatusValue"}
    [name] = [key[time] for time in key if time in shape()]
    assert normalize(shape() | {name: spell(word) if word else ""}).outcome in {
        outcome,
        # An empty word leaves what the record says beside it.
        *(["success"] if not word and shape is exported else []),
    }


@pytest.mark.parametrize("status", ["Succeeded.", "Succeeded", {"value": "Succeeded.", "localizedValue": "Erfolg"}])
def test_a_status_is_told_without_its_dot(normalize, status):
    event = normalize(rest() | {"status": status})
    assert (event.status, event.outcome) == ("Succeeded", "success")


def test_a_status_of_dots_is_none(normalize):
    assert normalize(exported(resultType="...")).status is None


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-05-01T10:00:00.1234567Z", datetime(2026, 5, 1, 10, 0, 0, 123456, UTC)),
        ("2026-05-01T10:00:00.976919Z", datetime(2026, 5, 1, 10, 0, 0, 976919, UTC)),
        ("2026-05-01T10:00:00.65Z", datetime(2026, 5, 1, 10, 0, 0, 650000, UTC)),
        ("2026-05-01T10:00:00Z", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("2026-05-01T10:00:00", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ("2026-05-01 10:00:00.1234567+00:00", datetime(2026, 5, 1, 10, 0, 0, 123456, UTC)),
        ("2026-05-01T12:30:00.5000000+02:30", datetime(2026, 5, 1, 10, 0, 0, 500000, UTC)),
    ],
)
@pytest.mark.parametrize("key", ["eventTimestamp", "time", "TimeGenerated"])
def test_a_time_is_read_in_utc_to_the_microsecond(normalize, key, written, moment):
    event = normalize({key: written, "operationName": WRITE, "OperationNameValue": WRITE})
    assert event.event_time == moment
    assert event.event_time.utcoffset() == timedelta()


@pytest.mark.parametrize("written", [None, "soon", 5, {}, []])
def test_an_unreadable_submission_time_costs_only_itself(normalize, written):
    assert normalize(rest(submissionTimestamp=written)).available_time is None


# --- identity


def test_an_events_own_id_is_its_identity_whatever_else_the_record_says(normalize):
    assert normalize(rest()).id == normalize(rest(status="Failed", caller=None, level="Error")).id


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.swapcase])
def test_letter_case_of_an_id_is_no_difference(normalize, spell):
    assert normalize(rest(id=spell(ID))).id == normalize(rest()).id


def test_another_id_is_another_event(normalize):
    assert normalize(rest(id=ID[:-1] + "8")).id != normalize(rest()).id


def test_the_same_event_polled_and_as_a_log_analytics_row_has_one_identity(normalize):
    assert ID.endswith(f"/{TICKS}")
    assert normalize(row()).id == normalize(rest()).id


@pytest.mark.parametrize(
    ("time", "ticks"),
    [
        ("2015-01-21T22:14:26.9792776Z", 635574752669792776),
        ("2018-09-04T15:33:43.65Z", 636716720236500000),
        ("2017-07-21T01:00:51Z", 636361956510000000),
        ("2017-07-21T03:00:51.8681572+02:00", 636361956518681572),
    ],
)
def test_a_rows_identity_is_built_with_the_ticks_of_its_time(normalize, time, ticks):
    polled = normalize(rest(id=f"{RESOURCE}/events/{EVENT}/ticks/{ticks}"))
    assert normalize(row(TimeGenerated=time)).id == polled.id


def test_a_row_without_a_resource_still_has_its_own_id(normalize):
    bare = {"_ResourceId": None, "Authorization": None}
    assert normalize(row(**bare)).external_id == EVENT
    assert normalize(row(**bare)).id != normalize(row(**bare, EventDataId=EVENT[::-1])).id


def test_key_order_and_white_space_are_no_difference_without_an_id(normalize):
    record = exported()
    turned = dict(reversed(record.items()))
    written = [json.dumps(record), json.dumps(turned, indent=4), json.dumps(record, separators=(",", ":"))]
    assert len({normalize(text.encode()).id for text in written}) == 1


def test_escapes_are_no_difference_without_an_id(normalize):
    record = exported(resultDescription="Änderung 😀")
    assert normalize(json.dumps(record).encode()).id == normalize(json.dumps(record, ensure_ascii=False).encode()).id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"1", b"2"),
        (b"1", b'"1"'),
        (b"null", b"false"),
        (b"[]", b"{}"),
        (b"[1,2]", b"[2,1]"),
        (b"0.1", b'"0.1"'),
        (b"0.1", b"0.10000000000000000001"),
        (b"18446744073709551616000001", b"18446744073709551616000002"),
        (b"9" * 5000, b"9" * 5001),
        (b"1e999", b"2e999"),
        (b'"a"', b'"A"'),
        (b'"\xfe"', b'"\xff"'),
    ],
)
def test_two_records_that_differ_in_anything_are_two_events(normalize, one, other):
    start = encode(exported())[:-1]
    ids = {normalize(start + b', "unknown": ' + value + b"}").id for value in (one, other)}
    assert len(ids) == 2


def test_an_id_too_long_to_keep_is_not_cut_into_another_events(normalize):
    ids = {normalize(rest(id="/x" * 2000 + end)).id for end in ("1", "2")}
    assert len(ids) == 2


@SHAPE
def test_an_event_is_told_the_same_each_time_and_its_bytes_stay_as_they_were(connector, shape):
    raw = encode(shape())
    kept = bytes(bytearray(raw))
    assert connector.normalize(raw) == connector.normalize(kept)
    assert raw == kept


# --- actors


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


# --- resources, categories, titles


def test_the_resource_is_the_operations_target_else_its_scope_else_the_ids_own(normalize):
    other = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-other"
    assert normalize(rest(authorization={"scope": other})).resource_id == RESOURCE
    assert normalize(rest(resourceId=None, authorization={"scope": other})).resource_id == other
    assert normalize(rest(resourceId="", authorization=None)).resource_id == RESOURCE


def test_a_shouted_resource_is_spelled_as_the_record_spells_it_elsewhere(normalize):
    by_entity = exported(identity=None)
    nowhere = exported(identity=None, properties={})
    assert normalize(exported()).resource_id == RESOURCE
    assert normalize(by_entity).resource_id == RESOURCE
    assert normalize(nowhere).resource_id == RESOURCE.upper()


def test_another_resource_is_never_taken_for_the_target(normalize):
    event = normalize(exported(properties={"entity": "/subscriptions/other"}, identity=None))
    assert event.resource_id == RESOURCE.upper()


@pytest.mark.parametrize("old", ["Write", "Delete", "Action"])
def test_an_old_exports_verb_is_no_category(normalize, old):
    assert normalize(exported(category=old) | {"properties": {}}).activity_category == "Administrative"
    assert normalize(exported(category=old, properties={"eventCategory": "Policy"})).activity_category == "Policy"


@pytest.mark.parametrize("operation", [WRITE, {"value": WRITE}, {"value": WRITE, "localizedValue": None}])
def test_an_operation_is_a_text_or_a_value_with_its_label(normalize, operation):
    event = normalize(rest() | {"operationName": operation})
    assert (event.operation, event.title) == (WRITE, f"{WRITE}: contosologs")


def test_a_health_events_title_is_its_own(normalize):
    health = rest("Microsoft.Resourcehealth/healthevent/Activated/action", "Active", "ResourceHealth")
    assert normalize(health | {"properties": {"title": "Machine is unavailable"}}).title == "Machine is unavailable"
    deep = exported(category="ResourceHealth", properties={"eventProperties": {"title": "Unavailable"}})
    assert normalize(deep).title == "Unavailable"


# --- texts that a database can keep


@SHAPE
@pytest.mark.parametrize("name", ["caller", "category", "operationname", "correlationid", "resourceid"])
def test_nul_is_replaced_in_every_text_and_the_record_is_kept(normalize, shape, name):
    keys = [key for key in shape() if name in key.lower()]
    event = normalize(shape() | dict.fromkeys(keys, "a\0b"))
    assert "a\ufffdb" in msgspec.structs.astuple(event)
    assert not any("\0" in value for value in msgspec.structs.astuple(event) if isinstance(value, str))


@SHAPE
@pytest.mark.parametrize("letter", ["x", "é", "İ", "🔥"])
def test_a_text_without_end_is_cut(normalize, shape, letter):
    kept = {"time", "eventTimestamp", "TimeGenerated", "properties", "Properties"}
    event = normalize(shape() | {key: letter * 9_000 for key in shape() if key not in kept})
    texts = [value for value in msgspec.structs.astuple(event) if isinstance(value, str)]
    assert max(map(len, texts)) == LONGEST
    assert event.event_type


# --- whatever comes

KEYS = st.sampled_from(
    sorted(
        {key for shape in SHAPES.values() for key in shape()}
        | {"Level", "identity", "claims", "evidence", "iss", "idtyp", "xms_mirid", "CallerInfo", "title", "value"}
    )
)
TEXTS = st.sampled_from(
    ["\0", "a\0b", "{", "[", '{"value": 1}', TIME, "x" * 5000, "İ" * 3000, "0001-01-01", "...", "🔥"]
)
ODD = TEXTS | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | KEYS, inner, max_size=3),
    max_leaves=5,
)
MANY = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(raw: bytes) -> None:
    """Normalize and look at what comes: an event that can be stored, None, or Skip."""
    try:
        event = get_connector("azure_activity").normalize(raw)
    except Skip:
        return
    if event is None:
        return
    texts = [value for value in msgspec.structs.astuple(event) if isinstance(value, str)]
    assert all("\0" not in text and len(text) <= LONGEST for text in texts)
    assert "".join(texts).encode()
    assert event.event_time.tzinfo is not None
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


@MANY
@given(st.dictionaries(KEYS | st.text(max_size=8), ODD, max_size=8))
def test_any_json_object_is_an_event_a_dropped_read_or_skipped(record):
    check(json.dumps(record).encode())


@MANY
@given(st.sampled_from(sorted(SHAPES)), st.dictionaries(KEYS, ODD, max_size=4), st.sets(KEYS, max_size=4))
def test_any_field_of_a_record_may_be_anything_or_missing(shape, changes, removed):
    record = SHAPES[shape]() | changes
    check(json.dumps({key: value for key, value in record.items() if key not in removed}).encode())


@MANY
@given(st.dictionaries(st.sampled_from(["CallerInfo", "TenantID", "title", "eventProperties"]), ODD), st.data())
def test_any_properties_of_a_pim_record_do_no_harm(properties, data):
    check(json.dumps(PIM | {"properties": data.draw(st.sampled_from([properties, json.dumps(properties)]))}).encode())


@MANY
@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_skipped_or_dropped_and_nothing_worse(raw):
    check(raw)


@MANY
@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001 - the zone is drawn
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 9),
)
def test_any_time_is_read_as_written_and_counted_in_ticks(moment, minutes, last):
    zone = timezone(timedelta(minutes=minutes))
    written = f"{moment.isoformat(timespec='microseconds')}{last}{moment.replace(tzinfo=zone).isoformat()[-6:]}"
    event = get_connector("azure_activity").normalize(encode(row(TimeGenerated=written)))
    assert event is not None
    assert event.event_time == moment.replace(tzinfo=zone)
    since_year_one = (event.event_time - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert event.external_id is not None
    assert event.external_id.endswith(f"/ticks/{since_year_one * 10 + last}")
