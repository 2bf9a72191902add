"""One identity for each event, whichever shape it comes in and however often."""

import json

import pytest
from unit.records import EVENT, ID, RESOURCE, SHAPES, TICKS, encode, exported, rest, row

SHAPE = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


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
