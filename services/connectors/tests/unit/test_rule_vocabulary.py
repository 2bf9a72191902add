"""A rule may use the names of any shape, whichever shape the record came in."""

import json

import pytest
from unit.records import (
    APP,
    CLAIMS,
    CORRELATION,
    EVENT,
    OBJECT,
    OPERATION_ID,
    RESOURCE,
    SCHEMAS,
    SHAPES,
    SUBSCRIPTION,
    WRITE,
    encode,
    exported,
    rest,
    row,
)
from unit.sigma_rules import one_rule, read, record_of, rule_id, told

STATUSES = [
    ("Succeeded", "Success"),
    ("Started", "Start"),
    ("Failed", "Failure"),
    ("Accepted", "Accept"),
]
BODY = {"Properties": {"RoleDefinitionId": "/x/8e3af657", "rules": [{"Name": "a"}, {"name": "b"}]}}


def shaped(shape: str, **fields):
    """Return a record of a shape whose properties hold a request's body as JSON text."""
    properties = {"requestbody": json.dumps(BODY), "statusCode": "Created", "message": "told"}
    if shape == "log_analytics":
        return row(Properties=json.dumps(properties), **fields)
    return SHAPES[shape](properties=properties, **fields)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("operationName", WRITE),
        ("OperationNameValue", WRITE),
        ("operationName.value", WRITE),
        ("OPERATIONNAME", WRITE),
        ("category", "Administrative"),
        ("CategoryValue", "Administrative"),
        ("category.value", "Administrative"),
        ("ResourceProviderValue", "Microsoft.Storage"),
        ("resourceProviderName.value", "Microsoft.Storage"),
        ("ResourceId", RESOURCE),
        ("_ResourceId", RESOURCE),
        ("resourceId", RESOURCE),
        ("resourceGroupName", "rg-contoso"),
        ("ResourceGroup", "rg-contoso"),
        ("SubscriptionId", SUBSCRIPTION),
        ("Caller", "megan@contoso.com"),
        ("CallerIpAddress", "203.0.113.9"),
        ("httpRequest.clientIpAddress", "203.0.113.9"),
        ("correlationId", CORRELATION),
        ("level", "Informational"),
        ("Level", "Information"),
        ("claims.upn", "megan@contoso.com"),
        (f"Claims.{SCHEMAS}/upn", "megan@contoso.com"),
        (f"identity.claims.{SCHEMAS}/upn", "megan@contoso.com"),
        ("claims.appid", APP),
        ("claims.objectidentifier", OBJECT),
        ("claims.idtyp", "user"),
        ("authorization.action", WRITE),
        ("identity.authorization.scope", RESOURCE),
        ("properties.statusCode", "Created"),
        ("Properties.message", "told"),
        ("properties.requestbody.properties.roleDefinitionId", "/x/8e3af657"),
        ("properties.requestbody.properties.rules.name", "b"),
        ("aisoc.request.properties.roleDefinitionId", "/x/8e3af657"),
        ("aisoc.request.properties.rules.name", "a"),
        ("aisoc.actor", "megan@contoso.com"),
        ("aisoc.outcome", "success"),
        ("aisoc.event_type", WRITE.lower()),
        ("aisoc.resource_name", "contosologs"),
        ("aisoc.severity", "info"),
    ],
)
def test_a_field_has_its_value_in_every_shape(tmp_path, shape, field, value):
    record = record_of(shaped(shape))
    assert value.lower() in {found.low for found in record.seen(field)}
    assert one_rule(tmp_path, f"'{field}': '{value}'").matches(record)


@pytest.mark.parametrize("shape", ["rest", "log_analytics"])
@pytest.mark.parametrize(("field", "value"), [("operationId", OPERATION_ID), ("eventDataId", EVENT)])
def test_what_exports_do_not_tell_the_other_shapes_do(shape, field, value):
    assert record_of(shaped(shape)).values(field) == [value]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("field", ["status", "status.value", "resultType", "ActivityStatusValue"])
@pytest.mark.parametrize(("one", "other"), STATUSES)
def test_a_status_is_met_by_the_words_of_all_shapes(tmp_path, shape, field, one, other):
    record = record_of(SHAPES[shape](status=one))
    for word, expected in ((one, True), (other.lower(), True), ("Resolved", False)):
        assert one_rule(tmp_path, f"{field}: {word}").matches(record) is expected
        assert one_rule(tmp_path, f"a: {{{field}: {word}}}\ncondition: not a").matches(record) is not expected


def test_a_status_is_counted_once(tmp_path):
    record = record_of(rest(status="Succeeded"))
    assert record.values("status") == ["Succeeded"]
    assert record.values("ActivityStatusValue") == ["Succeeded"]


def test_a_status_with_a_detail_is_met_by_its_head(tmp_path):
    record = record_of(exported(status="Failed.NotFound"))
    assert one_rule(tmp_path, "resultType: Failure").matches(record)
    assert one_rule(tmp_path, "resultType|startswith: Failed.").matches(record)


@pytest.mark.parametrize(
    ("record", "field", "values"),
    [
        (rest(subStatus={"value": "Created"}), "ActivitySubstatusValue", ["Created"]),
        (rest(subStatus={"value": "Created"}), "resultSignature", ["Succeeded.Created"]),
        (row(), "resultSignature", ["Success.OK"]),
        (exported() | {"resultSignature": "Succeeded.Created"}, "subStatus.value", ["Created"]),
        (exported(), "resultSignature", ["Succeeded."]),
        (rest(), "operationName.localizedValue", ["Create or update a thing"]),
        (rest(eventName={"value": "EndRequest"}), "eventName", ["EndRequest"]),
        (rest(eventName={"value": "EndRequest"}), "eventName.value", ["EndRequest"]),
        (exported() | {"level": None, "Level": 4}, "level", ["Informational"]),
        (rest(claims=None), "claims.upn", []),
        (exported() | {"identity": json.dumps({"claims": CLAIMS})}, "claims.appid", [APP]),
        (rest(properties="no JSON"), "properties.message", []),
        (rest(properties="no JSON"), "properties", ["no JSON"]),
        (rest(properties=[{"a": 1}, {"A": [2, None]}]), "properties.a", [1, 2]),
        (rest(resourceProviderName={"value": "Microsoft.Told"}), "ResourceProviderValue", ["Microsoft.Told"]),
        (rest(operation="Sentence without a provider"), "ResourceProviderValue", []),
    ],
)
def test_what_a_shape_tells_otherwise_is_told_in_one_way(record, field, values):
    assert record_of(record).values(field) == values


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("field", ["eventTimestamp", "time", "TimeGenerated"])
def test_the_time_has_three_names(tmp_path, shape, field):
    assert one_rule(tmp_path, f"{field}|hour: 10").matches(record_of(SHAPES[shape]()))


def test_claims_as_a_whole_are_text(tmp_path):
    for record in (rest(), exported(), row()):
        assert one_rule(tmp_path, "Claims|contains: megan@contoso.com").matches(record_of(record))


def test_another_records_request_is_read_where_the_own_has_none():
    without = record_of(rest(), request={"properties": {"a": "given"}})
    assert without.values("aisoc.request.Properties.A") == ["given"]
    own = record_of(
        rest(properties={"requestbody": {"properties": {"a": "own"}}}), request={"properties": {"a": "given"}}
    )
    assert own.values("aisoc.request.properties.a") == ["own"]
    assert record_of(rest()).values("aisoc.request.properties.a") == []
    assert record_of(rest()).request is None


def test_facts_that_are_derived_are_fields(tmp_path):
    scope = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/r1"
    operation = "Microsoft.Authorization/roleAssignments/write"
    request = {"properties": {"roleDefinitionId": "/providers/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}}
    record = record_of(rest(operation, resourceId=scope), request=request)
    assert record.values("aisoc.role") == ["Owner"]
    assert record.values("aisoc.scope_level") == ["subscription"]
    assert one_rule(tmp_path, "aisoc.role: owner").needs_request
    assert not one_rule(tmp_path, "aisoc.scope_level: subscription").needs_request


def test_a_rule_that_reads_the_request_says_so(tmp_path):
    assert one_rule(tmp_path, "aisoc.request.properties.a: 1").needs_request
    assert one_rule(tmp_path, "x|fieldref: AISOC.Request.a").needs_request
    assert not one_rule(tmp_path, "properties.requestbody|contains: a").needs_request


@pytest.mark.parametrize(
    ("first_seen", "expected"),
    [
        ("{group-by: [aisoc.actor], field: aisoc.role, timespan: 1d}", True),
        ("{group-by: [aisoc.request.a], timespan: 1d}", True),
        ("{group-by: [aisoc.actor], field: aisoc.src_ip, timespan: 1d}", False),
    ],
)
def test_a_first_seen_rule_reads_the_request_when_its_fields_do(tmp_path, first_seen, expected):
    rules = read(tmp_path, told("New", "x: a", f"aisoc: {{first_seen: {first_seen}}}\n"))
    assert rules.problems == ()
    assert rules.rules[rule_id("New")].needs_request is expected


def test_nothing_is_decoded_before_a_rule_asks_for_it():
    record = record_of(rest())
    record.values("operationName")
    record.values("aisoc.actor")
    assert "document" not in vars(record)


def test_bytes_that_are_no_unicode_are_read_all_the_same(tmp_path):
    raw = encode(rest(x="HERE")).replace(b"HERE", b"caf\xe9 \\ud800")
    assert one_rule(tmp_path, "x|startswith: caf").matches(record_of(raw))
