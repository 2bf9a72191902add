"""One vocabulary for the three shapes of an Activity Log record."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from unit.records import (
    APP,
    CORRELATION,
    EVENT,
    ID,
    OPERATION_ID,
    RESOURCE,
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

from app.errors import Skip
from app.events.event import Severity

LONGEST = 2048
SHAPE = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)

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
        b'"caller": ' + b"9" * 5000,
        b'"caller": 1e999',
        b'"other": ' + b"[" * 100_000 + b"]" * 100_000,
    ],
    ids=["huge number", "infinite", "deep"],
)
def test_what_no_program_could_read_is_quarantined_and_nothing_worse(skipped, part):
    assert skipped(b'{"eventTimestamp": "2026-05-01T10:00:00Z", "id": "e", ' + part + b"}") == "not_a_record"


ROLE = "Microsoft.Authorization/roleAssignments/write"


@pytest.mark.parametrize(
    ("odd", "read"),
    [
        (rb"\ud800", "\ufffd"),
        (rb"\uDFFF", "\ufffd"),
        (rb"\udc00\ud800", "\ufffd\ufffd"),
        (rb"\ud800\ud83d\ude00", "\ufffd😀"),
        (rb"\\ud800\ud800", "\\ud800\ufffd"),
        (b"\xff", "\ufffd"),
        (b"\xed\xa0\x80", "\ufffd" * 3),
    ],
    ids=["high", "low", "swapped", "pair", "escaped backslash", "byte", "surrogate as bytes"],
)
@SHAPE
def test_what_is_no_unicode_is_replaced_and_hides_no_record(connector, shape, odd, read):
    record = encode(shape(ROLE) | {"tags": {"a": "ODD"}, "caller": "m ODD", "Caller": "m ODD"}).replace(b"ODD", odd)
    event = connector.normalize(record)
    assert (event.severity, event.outcome, event.resource_name) == (Severity.HIGH, "success", "contosologs")
    assert event.actor == f"m {read}"


@pytest.mark.parametrize("odd", [rb"\ud800", b"\xff"])
@pytest.mark.parametrize("part", ["id", "properties", "claims", "authorization", "tags"])
def test_what_is_no_unicode_costs_no_other_text_of_its_part(connector, part, odd):
    told = {"id": "e1 ODD"} if part == "id" else {part: {"a": "ODD", **(rest()[part] if part != "tags" else {})}}
    event = connector.normalize(encode(rest(**told)).replace(b"ODD", odd))
    assert (event.actor_email, event.app_id, event.operation) == ("megan@contoso.com", APP, WRITE)


def test_claims_and_properties_as_json_text_may_hold_half_a_surrogate_pair(normalize):
    claims = json.dumps({"appid": APP, "name": "\ud800"})
    properties = json.dumps({"title": "Outage \udfff"})
    event = normalize(row(Claims=claims, Properties=properties, CategoryValue="ServiceHealth"))
    assert (event.app_id, event.title) == (APP, "Outage \ufffd")


def test_ids_that_differ_only_in_replaced_characters_are_two_events(connector):
    ids = {connector.normalize(encode(rest(id=f"e {odd}"))).id for odd in ("\ud800", "\ud801", "\0", "\x00\0")}
    assert len(ids) == 4


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
        ("200", "success"),
        ("404", "failure"),
        ("302", "unknown"),
        ("Succeeded.Created", "success"),
        ("Failed.NotFound", "failure"),
        ("Failure.Forbidden", "failure"),
        ("Timed Out", "failure"),
        ("TimedOut", "failure"),
        ("Timeout", "failure"),
        ("Rejected", "failure"),
        ("Denied", "failure"),
        ("Conflict", "failure"),
        ("Aborted", "failure"),
        ("Expired", "unknown"),
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
        *(["success"] if not word and shape is not rest else []),
    }


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        *[(word, "failure") for word in ("Forbidden", "Conflict", "NotFound", "BadRequest", "Unauthorized")],
        *[(word, "failure") for word in ("TooManyRequests", "InternalServerError", "GatewayTimeout", "403", "500")],
        *[(word, "success") for word in ("OK", "Created", "NoContent", "200", "201")],
        *[(word, "in_progress") for word in ("Accepted", "202")],
        *[(word, "unknown") for word in ("Continue", "Found", "301", "something", "")],
    ],
)
@pytest.mark.parametrize("empty", [None, "", {"value": ""}, {}])
@SHAPE
def test_without_a_status_its_sub_status_tells_the_outcome(normalize, shape, empty, word, outcome):
    empties = dict.fromkeys(["status", "resultType", "ActivityStatusValue"], empty)
    told = {"subStatus": {"value": word}, "resultSignature": word, "ActivitySubstatusValue": word}
    event = normalize(shape() | empties | told)
    assert (event.outcome, event.status) == (outcome, word or None)


@SHAPE
def test_a_status_counts_before_its_sub_status(normalize, shape):
    told = {"subStatus": {"value": "Conflict"}, "resultSignature": "Conflict", "ActivitySubstatusValue": "Conflict"}
    assert normalize(shape() | told).outcome == "success"


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
