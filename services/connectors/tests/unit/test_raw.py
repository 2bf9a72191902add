"""Raw bytes at rest: smaller, and back exactly as they came."""

import lz4.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.records import encode, rest

from app.storage.raw import packed, unpacked


@given(st.binary(max_size=5000))
def test_bytes_come_back_exactly(raw):
    assert unpacked(packed(raw)) == raw


def test_a_record_takes_less_place_and_any_lz4_tool_opens_it():
    raw = encode(rest())
    assert len(packed(raw)) < len(raw)
    assert lz4.frame.decompress(packed(raw)) == raw


@pytest.mark.parametrize("raw", [b'{"a": 1}', b" {}", b"[]", b'"x"', b"1"])
def test_bytes_that_an_older_version_stored_are_read_as_they_are(raw):
    assert unpacked(raw) == raw
