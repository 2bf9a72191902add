"""Files of records: each record's exact bytes, whatever wraps them and wherever the file ends."""

import gzip
import io
import itertools
import json
import tracemalloc
from typing import BinaryIO, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Abort
from app.events.documents import MalformedDocument, open_records, split_document
from app.microsoft.paging import _decoded

ONE = b'{"id":1,"n":{"value":[1,"]}"]}}'
TWO = b'{ "id" : 2.50 , "s":"\\u00e9\\"\xc3\xa9" }'
THREE = b'{"id":-3e5,"t":[true,false,null]}'
RECORDS = [ONE, TWO, THREE]


class Trickle(io.BytesIO):
    """A stream that gives a few bytes a time, as pipes and sockets do."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        super().__init__(content)
        self._sizes = itertools.cycle(sizes)

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(min(next(self._sizes), size or 1))


def read(content: bytes) -> list[bytes]:
    return list(open_records(cast("BinaryIO", io.BufferedReader(io.BytesIO(content)))))


def read_until(stream: BinaryIO) -> tuple[list[bytes], str | None]:
    """Return the records and, if the document is malformed, what is said of it."""
    records = []
    try:
        for record in open_records(stream):
            records.append(record)  # noqa: PERF402 - those before the error are wanted
    except MalformedDocument as error:
        return records, str(error)
    return records, None


DOCUMENTS = {
    "REST list": b'{"value":[' + b",".join(RECORDS) + b'],"nextLink":"https://a/b?c=1:2;3"}',
    "records": b'{"records": [' + b",".join(RECORDS) + b"]}",
    "bare list": b"[" + b",".join(RECORDS) + b"]",
    "JSON lines": b"\n".join(RECORDS) + b"\n",
    "lines without a last line end": b"\n".join(RECORDS),
    "lines as Windows ends them": b"\r\n".join(RECORDS) + b"\r\n",
    "lines with empty ones": b"\n\n" + b"\n\n\n".join(RECORDS) + b"\n\n",
    "lines of wrappers": b'{"records":[' + ONE + b"," + TWO + b']}\n{"records":[' + THREE + b"]}\n",
    "pages one after the other": b'{"value":[' + ONE + b'],"nextLink":"x"}{"value":[' + TWO + b"," + THREE + b"]}",
    "wrapper with its list last": b'{"nextLink":null,"count":3,"value":[' + b",".join(RECORDS) + b"]}",
    "records with the list last": b'{"tag":"value","records":[' + b",".join(RECORDS) + b"]}",
    "indented": b'{\n    "value": [\n        ' + b",\n        ".join(RECORDS) + b"\n    ]\n}\n",
    "indented far": b"{" + b" " * 90 + b'"value" :\n\t[ ' + b" , ".join(RECORDS) + b"]}",
    "with empty pages": b'{"value":[]}' + b'{"value":[' + b",".join(RECORDS) + b"]}" + b'{"value":[]}',
}


@pytest.mark.parametrize("content", DOCUMENTS.values(), ids=DOCUMENTS)
def test_each_wrapper_gives_back_the_records_byte_for_byte(content):
    assert read(content) == RECORDS


@pytest.mark.parametrize("content", DOCUMENTS.values(), ids=DOCUMENTS)
def test_each_wrapper_may_be_gzipped(content):
    assert read(gzip.compress(content)) == RECORDS


def test_gzip_files_put_together_are_read_to_the_end():
    assert read(gzip.compress(ONE + b"\n") + gzip.compress(TWO + b"\n" + THREE)) == RECORDS


@pytest.mark.parametrize("content", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_byte_order_mark_is_no_part_of_a_record(content):
    assert read(b"\xef\xbb\xbf" + content) == RECORDS


def test_files_with_a_byte_order_mark_may_be_put_together():
    mark = b"\xef\xbb\xbf"
    assert read(mark + ONE + b"\n" + mark + TWO + b"\n" + mark + THREE) == RECORDS


@pytest.mark.parametrize("content", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_how_many_bytes_come_at_a_time_is_no_difference(content, size):
    assert read_until(Trickle(b"\xef\xbb\xbf" + content, [size])) == (RECORDS, None)


def test_one_object_is_one_record():
    assert read(ONE) == [ONE]
    assert read(b"\n  " + json.dumps({"id": 1, "properties": {}}, indent=2).encode() + b"\n") == [
        json.dumps({"id": 1, "properties": {}}, indent=2).encode()
    ]


@pytest.mark.parametrize(
    "record",
    [
        b'{"value":"text"}',
        b'{"records":null}',
        b'{"value":{"a":[]}}',
        b'{"operationName":{"value":"a/write"},"records":7}',
    ],
)
def test_an_object_whose_value_is_no_list_is_a_record_itself(record):
    assert read(record) == [record]


@pytest.mark.parametrize("content", [b"[]", b'{"value":[]}', b'{"count":0,"value":[]}', b'{"records":[ ]}\n'])
def test_a_list_of_nothing_is_a_whole_document(content):
    assert read(content) == []


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_malformed(content):
    with pytest.raises(MalformedDocument, match="empty"):
        read(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"id":1}'.encode("utf-16"), "it is UTF-16 text; save it as UTF-8"),
        (b"\xfe\xff" + '{"id":1}'.encode("utf-16-be"), "it is UTF-16 text; save it as UTF-8"),
        (b"PK\x03\x04\x14\x00", "it is a zip archive; unpack it"),
    ],
)
def test_what_is_no_text_of_ours_is_named_at_once(content, said):
    with pytest.raises(MalformedDocument, match=said):
        open_records(cast("BinaryIO", io.BufferedReader(io.BytesIO(content))))


# --- odd bytes


@pytest.mark.parametrize(
    "odd",
    [
        b'{"s":"\\ud800"}',
        b'{"s":"\\udc00\\ud800"}',
        b'{"s":"\xff\xfe"}',
        b'{"s":"\xed\xa0\x80"}',
        b'{"s":"\xc3"}',
        b'{"s":"a\x00b\x01\x1f"}',
        b'{"s":"tab\there"}',
        b'{"n":' + b"9" * 5_000 + b"}",
        b'{"n":-1e999}',
        b'{"a":1,"a":2}',
    ],
    ids=lambda odd: repr(odd[:20]),
)
@pytest.mark.parametrize("wrapper", [b'{"value":[%s,%s]}', b"%s\n%s\n", b'{"nextLink":"","value":[%s,%s]}'])
def test_odd_bytes_come_out_as_they_went_in_and_stop_nothing(odd, wrapper):
    assert read(wrapper % (odd, ONE)) == [odd, ONE]


@pytest.mark.parametrize("more", [b'"x":"\xff"', b'"x":"\x01"', b'"x":' + b"9" * 5_000, b'"x":"\\ud800"'])
def test_odd_bytes_beside_the_list_stop_nothing(more):
    assert read(b'{"value":[' + ONE + b"]," + more + b"}\n" + TWO) == [ONE, TWO]


@pytest.mark.parametrize("wrapper", [b'{"value":[%s,%s,%s]}', b"%s\n%s\n%s", b"[%s,\n%s,\n%s]"])
def test_a_record_nested_beyond_all_reason_stops_nothing(wrapper):
    deep = b'{"d":' + b"[" * 50_000 + b'"]\\"]"' + b"]" * 50_000 + b"}"
    assert read(wrapper % (ONE, deep, TWO)) == [ONE, deep, TWO]


def test_keys_beside_the_list_nested_beyond_all_reason_are_malformed_after_the_records():
    records, said = read_until(io.BytesIO(b'{"value":[' + ONE + b'],"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}"))
    assert (records, said) == ([ONE], "it is not JSON, after 1 complete records")


def test_a_nested_record_that_is_cut_is_malformed():
    records, said = read_until(io.BytesIO(ONE + b'\n{"d":' + b"[" * 50_000 + b"]" * 49_000))
    assert records == [ONE]
    assert said is not None


@pytest.mark.parametrize(
    "broken",
    [
        b'{"id":9,',
        b'{"id":9',
        b'{"id":',
        b'{"id"',
        b'{"id":"9',
        b'{"id":tru}',
        b"no JSON at all",
        b"hello",
        b"2026-05-01,write,ok",
        b'{"id":9}}',
        b'{"id":' + b"x" * 300_000 + b"}",
    ],
    ids=lambda broken: repr(broken[:20]),
)
@pytest.mark.parametrize("many", [1, 20_000])
def test_a_broken_line_among_good_ones_is_given_alone(broken, many):
    good = [b'{"id":%d}' % number for number in range(many)]
    records = read(b"\n".join([ONE, broken, *good]) + b"\n")
    assert records == [ONE, *([broken[:-1], b"}"] if broken.endswith(b"}}") else [broken]), *good]


def test_a_page_of_html_is_given_for_quarantine_and_not_as_an_empty_file():
    assert read(b"<html>\n<body>Sign in</body>\n</html>\n") == [b"<html>", b"<body>Sign in</body>", b"</html>"]


def test_what_is_broken_inside_a_list_ends_it_after_the_records_before():
    records, said = read_until(io.BytesIO(b'{"value":[' + ONE + b"," + TWO + b',{"id":tru},' + THREE + b"]}"))
    assert records == [ONE, TWO]
    assert said == "it is not JSON, after 2 complete records"


# --- cut files


@pytest.mark.parametrize("name", ["REST list", "records", "bare list", "pages one after the other", "indented"])
def test_a_list_cut_anywhere_gives_the_records_before_and_is_malformed(name):
    content = DOCUMENTS[name].rstrip()
    whole_pages = {content.find(b"}{") + 1}
    for end in range(1, len(content)):
        records, said = read_until(io.BytesIO(content[:end]))
        assert records == RECORDS[: len(records)]
        assert len(records) >= sum(content.index(record) + len(record) < end for record in RECORDS)
        assert said is not None or end in whole_pages


def test_lines_cut_anywhere_give_the_records_before_and_are_malformed_unless_cut_at_a_border():
    content = DOCUMENTS["JSON lines"]
    ends = {content.index(record) + len(record): number + 1 for number, record in enumerate(RECORDS)}
    ends |= {end + 1: number for end, number in ends.items()}
    for end in range(1, len(content)):
        records, said = read_until(io.BytesIO(content[:end]))
        assert records == RECORDS[: sum(border <= end for border in ends) // 2 + (end in ends and end + 1 in ends)]
        assert (said is None) == (end in ends)


def test_an_indented_object_cut_anywhere_is_malformed():
    content = json.dumps({"id": 1, "properties": {"a": [1, {"b": None}], "c": "d"}}, indent=2).encode()
    for end in range(1, len(content)):
        assert read_until(io.BytesIO(content[:end]))[0] == []
        assert read_until(io.BytesIO(content[:end]))[1] is not None


def test_compressed_lines_cut_anywhere_are_malformed():
    content = gzip.compress(b"".join(b'{"id":%d}\n' % (number * 7919) for number in range(50)))
    for end in range(12, len(content)):
        with pytest.raises(MalformedDocument):
            read(content[:end])


def test_compressed_lines_with_a_wrong_checksum_are_given_and_malformed():
    content = gzip.compress(b"\n".join(RECORDS))
    broken = content[:-8] + bytes(byte ^ 1 for byte in content[-8:-4]) + content[-4:]
    records, said = read_until(cast("BinaryIO", io.BufferedReader(io.BytesIO(broken))))
    assert (records, said) == (RECORDS, "its compressed data is not whole, after 3 complete records")


def test_what_is_said_of_a_cut_file_counts_its_records():
    _, said = read_until(io.BytesIO(b"[" + b",".join([b"{}"] * 1234) + b',{"a'))
    assert said == "it ends in the middle, after 1,234 complete records"


# --- one page


def test_a_page_is_split_into_its_records_and_its_other_keys():
    link = "https://management.azure.com/x?$skipToken=US1:06:5;US0:-1"
    records, rest = split_document(b'{"value":[' + ONE + b'],"nextLink":"' + link.encode() + b'"}')
    assert records == [ONE]
    assert rest["nextLink"] == link


DEEP = b'{"d":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
PAGES = [
    b'{"value":[%s],"nextLink":"https://a/?b=1:2;3"}',
    b'{"nextLink":"https://a/?b=1:2;3","value":[%s]}',
    b' {\n "count" : 2, "nextLink" : "https://a/?b=1:2;3" ,\n "value" : [ %s ] , "x":{"value":[1]}\n}\n',
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "odd", [ONE, b'{"id":"\\ud800x"}', b'{"id":"\xff"}', DEEP], ids=["good", "half", "bytes", "deep"]
)
def test_a_page_gives_its_records_and_its_link_in_any_order_of_keys(page, odd):
    body = page % b",".join([TWO, odd, THREE])
    records, rest = split_document(body)
    assert records == [TWO, odd, THREE]
    assert rest["nextLink"] == "https://a/?b=1:2;3"
    assert _decoded(body) == (records, rest["nextLink"])


@pytest.mark.parametrize("link", [b"7", b"[]", b'"https://a/\\ud800"', b'"https://a/\xff"'])
@pytest.mark.parametrize("page", [b'{"nextLink":%s,"value":[]}', b'{"nextLink":%s,"value":[{"x":"\\ud800"}]}'])
def test_a_link_that_is_no_text_is_told(page, link):
    with pytest.raises(Abort, match="nextLink"):
        _decoded(page % link)


@pytest.mark.parametrize("name", ["REST list", "wrapper with its list last"])
def test_a_page_cut_anywhere_is_malformed(name):
    for end in range(len(DOCUMENTS[name])):
        with pytest.raises(MalformedDocument):
            split_document(DOCUMENTS[name][:end])


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"error":{}}',
        b"",
        b"<html>",
        b'{"value":null}',
        b'{"value":{}}',
        b'{"value" []}',
        b'{"value":[]}}',
        b'{"value":[]} <html>',
        b'{7:[],"value":[]',
        b'{"x":nothing,"value":[]}',
        b'{"x":' + b"[" * 50_000 + b"]" * 50_000 + b',"value":[]}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_page_without_its_list_is_malformed(body):
    with pytest.raises(MalformedDocument):
        split_document(body)


# --- any records in any wrapper

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(max_size=6).filter(lambda key: key not in {"value", "records"}), VALUES, max_size=4)
SPACE = st.text(st.sampled_from(" \t\r\n"), max_size=5).map(str.encode)
SIZES = st.lists(st.integers(1, 50), min_size=1, max_size=4)
MANY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def written(draw, values):
    """Draw a value's JSON text in one of the ways that programs write it."""
    style = draw(st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}]))
    return json.dumps(draw(values), **style).encode()


@MANY
@given(st.lists(written(VALUES), max_size=6), st.sampled_from(["value", "records", "bare"]), SPACE, SPACE, SIZES)
def test_any_values_in_a_list_come_back_byte_for_byte(records, wrapper, before, between, sizes):
    items = (between + b"," + before).join(records)
    head = b"[" if wrapper == "bare" else b'{%s"%s"%s:%s[' % (before, wrapper.encode(), between, before)
    tail = b"]" if wrapper == "bare" else b']%s,"nextLink"%s:""}' % (between, before)
    content = before + head + before + items + between + tail + between
    assert read_until(Trickle(content, sizes)) == (records, None)


@MANY
@given(st.lists(written(OBJECTS), min_size=1, max_size=6), st.sampled_from([b"", b"\n", b"\r\n", b" \n\t"]), SIZES)
def test_any_objects_one_after_the_other_come_back_byte_for_byte(records, between, sizes):
    assert read_until(Trickle(between.join(records), sizes)) == (records, None)


@MANY
@given(st.lists(written(OBJECTS), min_size=1, max_size=4), SIZES, st.data())
def test_any_list_cut_at_any_byte_gives_the_records_before_the_cut(records, sizes, data):
    content = b'{"value": [' + b", ".join(records) + b"]}"
    end = data.draw(st.integers(0, len(content) - 1))
    found, said = read_until(Trickle(content[:end], sizes))
    assert found == records[: len(found)]
    assert said is not None
    assert len(found) == len(records) or end <= len(b'{"value": [' + b", ".join(records[: len(found) + 1]))


@MANY
@given(st.lists(written(OBJECTS), min_size=1, max_size=4), st.data())
def test_any_lines_cut_at_any_byte_are_malformed_unless_between_two_records(records, data):
    content = b"\n".join(records)
    end = data.draw(st.integers(1, len(content)))
    found, said = read_until(io.BytesIO(content[:end]))
    assert found == records[: len(found)]
    assert (said is None) == (content[:end].rstrip(b"\n") == b"\n".join(found))


@MANY
@given(st.binary(max_size=60), SIZES)
def test_any_bytes_are_given_or_malformed_and_nothing_worse(content, sizes):
    records, _ = read_until(Trickle(content, sizes))
    assert all(record in content for record in records)


# --- memory


class Endless(io.RawIOBase):
    """A file of many megabytes that is nowhere whole."""

    def __init__(self, head: bytes, record: bytes, between: bytes, tail: bytes, times: int) -> None:
        self._parts = itertools.chain([head], itertools.repeat((record + between) * 100, times), [record + tail])
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = part
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


@pytest.mark.parametrize(
    ("head", "between", "tail"), [(b'{"value":[', b",", b'],"nextLink":null}'), (b"", b"\n", b"\n")]
)
def test_a_long_file_is_never_held_whole(head, between, tail):
    record = b'{"id":"' + b"x" * 3_000 + b'"}'
    stream = cast("BinaryIO", io.BufferedReader(Endless(head, record, between, tail, times=100)))
    tracemalloc.start()
    count = sum(1 for _ in open_records(stream))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_001
    assert peak < 6 << 20
