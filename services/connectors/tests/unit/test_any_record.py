"""Whatever comes: an event that can be stored, a dropped read, or a record for quarantine."""

import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.records import PIM, SHAPES, TIME, encode, row

from app.connectors import get_connector
from app.errors import Skip
from app.events.event import Event

LONGEST = 2048

KEYS = st.sampled_from(
    sorted(
        {key for shape in SHAPES.values() for key in shape()}
        | {"Level", "identity", "claims", "evidence", "iss", "idtyp", "xms_mirid", "CallerInfo", "title", "value"}
    )
)
TEXTS = st.sampled_from(
    [
        "\0",
        "a\0b",
        "{",
        "[",
        '{"value": 1}',
        TIME,
        "x" * 5000,
        "İ" * 3000,
        "0001-01-01",
        "...",
        "🔥",
        "\ud800",
        "a\udfff",
    ]
)
# Half surrogate pairs too.
ANY_TEXT = st.text(st.characters(), max_size=20)
ODD = TEXTS | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT | TEXTS,
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
