"""Files of records, read as a stream: the exact bytes of each record, however the file wraps them.

Understood: `{"value":[…]}` and `{"records":[…]}` (also one a line, or one after the other), a bare list, one object,
one object a line; gzip too. A file of any size takes the memory of its largest record.
"""

import codecs
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import msgspec

_CHUNK = 1 << 18
_LONGEST_RECORD = 64 << 20
# Far enough to see that a wrapper begins with its list, however it is indented.
_LOOKAHEAD = 256
# A BOM begins each part of a file that was put together from several.
_BLANK = re.compile(r"[\s,\ufeff]*")
_WRAPPED = re.compile(r'\{\s*"(?:value|records)"\s*:\s*\[')
_LISTS = frozenset({"value", "records"})
_GZIP = b"\x1f\x8b"
_UNREADABLE = {
    b"\xff\xfe": "it is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "it is UTF-16 text; save it as UTF-8",
    b"PK\x03\x04": "it is a zip archive; unpack it",
}
# What is left of a literal, a number or an escape at the place where a file was cut.
_PARTIAL = re.compile(r"(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|[-.]|[eE][-+]?|\\?u?[0-9a-fA-F]{0,4})")
_TOKEN = re.compile(r'"[^"\\]*(?:\\.?[^"\\]*)*(?:"|\Z)|[\[\]{}]', re.DOTALL)
_DEPTH = {"[": 1, "{": 1, "]": -1, "}": -1}


class MalformedDocument(ValueError):
    """The file is not whole or not JSON; what was read before is good."""


class _Wrapper(msgspec.Struct):
    """A document whose list does not come first."""

    value: list[msgspec.Raw] | None = None
    records: list[msgspec.Raw] | None = None


def open_records(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of each record of a file, gunzipping it when it is gzip.

    What is no JSON but stands on a line of its own is yielded as it is, for quarantine. Raises MalformedDocument,
    after all that could be read, when the file is empty, ends in the middle or is broken inside a list; at once when
    it is UTF-16 or a zip archive.
    """
    head = stream.peek(4)[:4] if isinstance(stream, io.BufferedReader) else b""
    for mark, said in _UNREADABLE.items():
        if head.startswith(mark):
            raise MalformedDocument(said)
    source = cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if head.startswith(_GZIP) else stream
    return iter(_Splitter(source))


def split_document(body: bytes) -> tuple[list[bytes], dict[str, Any]]:
    """Split one whole object with a `value` or `records` list into its records' bytes and its other keys, in any order.

    Raises MalformedDocument when it is anything else.
    """
    return _Splitter(io.BytesIO(body)).split_object()


class _Splitter:
    """Cuts a stream of JSON documents into records.

    The text is decoded with surrogateescape, so that bytes which are no UTF-8 come out as they went in.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._read = getattr(stream, "read1", stream.read)
        self._text = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        # Only the ends of values are asked for: int() would refuse numbers of more than 4,300 digits.
        self._json = json.JSONDecoder(strict=False, parse_int=float)
        self._buffer = ""
        self._position = 0
        self._ended = False
        self._truncated = False
        self._broken = False
        self._whole = False
        self._count = 0

    def split_object(self) -> tuple[list[bytes], dict[str, Any]]:
        """Return the records and the other keys of the one object that the text is."""
        records: list[bytes] | None = None
        rest: dict[str, Any] = {}
        self._expect("{")
        while self._next() != "}":
            key = self._decoded_value()
            self._expect(":")
            if self._next() == "[" and key in _LISTS:
                self._position += 1
                records = [*(records or []), *self._elements()]
            else:
                rest[str(key)] = self._decoded_value()
        self._position += 1
        if records is None or self._skip():
            raise MalformedDocument("it holds no list of events" if records is None else "text follows its end")
        return records, rest

    def _next(self) -> str:
        """Return the character that the next value begins with; "" at the end."""
        return self._buffer[self._position] if self._skip() else ""

    def _expect(self, mark: str) -> None:
        if self._next() != mark:
            raise MalformedDocument("it is no JSON object")
        self._position += 1

    def _decoded_value(self) -> Any:
        value = self._value()
        if value is None:
            raise MalformedDocument(f"it ends in the middle, after {self._count:,} complete records")
        return self._decoded(value)

    def _decoded(self, value: bytes) -> Any:
        try:
            return self._json.decode(value.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            raise MalformedDocument(f"it is not JSON, after {self._count:,} complete records") from None

    def __iter__(self) -> Iterator[bytes]:
        while self._skip():
            if wrapper := _WRAPPED.match(self._buffer, self._position):
                self._position = wrapper.end()
                yield from self._elements()
                self._close_wrapper()
            elif self._buffer[self._position] == "[":
                self._position += 1
                yield from self._elements()
            else:
                yield from self._document()
            self._whole = True
        if self._broken:
            raise MalformedDocument(f"its compressed data is not whole, after {self._count:,} complete records")
        if not self._whole:
            raise MalformedDocument("it is empty")

    def _elements(self) -> Iterator[bytes]:
        while True:
            if not self._skip():
                raise MalformedDocument(f"it ends in the middle, after {self._count:,} complete records")
            if self._buffer[self._position] == "]":
                self._position += 1
                return
            record = self._value()
            if record is None:
                place = "ends in the middle" if self._cut_short else "is not JSON"
                raise MalformedDocument(f"it {place}, after {self._count:,} complete records")
            self._count += 1
            yield record

    def _close_wrapper(self) -> None:
        """Read past the keys after the list, as an object that begins with a key of no meaning."""
        self._buffer = '{"":0' + self._buffer[self._position :]
        self._position = 0
        self._decoded_value()

    def _document(self) -> Iterator[bytes]:
        # What begins like no record is told as the line that it is: "2026-05-01,write" would fall into three numbers.
        record = self._value() if self._buffer[self._position] == "{" else self._line()
        if record is None:
            # A line that lacks its end swallows the last one; records that span lines are indented.
            if self._cut_short and "\n{" not in self._buffer[self._position :]:
                raise MalformedDocument(f"it ends in the middle, after {self._count:,} complete records")
            record = self._line()
        inner = _inner_records(record)
        self._count += len(inner)
        yield from inner

    @property
    def _cut_short(self) -> bool:
        """Whether the last value lacks its end because the file does."""
        return self._truncated and self._ended

    def _value(self) -> bytes | None:
        """Return the bytes of the JSON value here, or None when there is no whole one."""
        while True:
            end = self._end()
            if end is None:
                if not self._truncated or not self._fill():
                    return None
            elif end < len(self._buffer) or not self._fill():
                return self._take(end)

    def _end(self) -> int | None:
        """Find the end of the JSON value here; without one, `_truncated` says whether more text could bring it."""
        try:
            return self._json.raw_decode(self._buffer, self._position)[1]
        except json.JSONDecodeError as error:
            partial = _PARTIAL.fullmatch(self._buffer, error.pos)
            self._truncated = partial is not None or error.msg.startswith("Unterminated string")
            return None
        except RecursionError:
            end = self._balanced_end()
            self._truncated = end is None
            return end

    def _balanced_end(self) -> int | None:
        """Find the end of a value that is nested too deep for the decoder, by its brackets alone."""
        depth = 0
        for token in _TOKEN.finditer(self._buffer, self._position):
            depth += _DEPTH.get(token[0], 0)
            if depth == 0:
                return token.end()
        return None

    def _line(self) -> bytes:
        while (end := self._buffer.find("\n", self._position)) < 0:
            if not self._fill():
                end = len(self._buffer)
                break
        return self._take(end)

    def _take(self, end: int) -> bytes:
        text = self._buffer[self._position : end]
        self._position = end
        return text.encode("utf-8", "surrogateescape")

    def _skip(self) -> bool:
        """Go to the next value, past white space and commas; False at the end."""
        while True:
            blank = _BLANK.match(self._buffer, self._position)
            self._position = blank.end() if blank else self._position
            if len(self._buffer) - self._position > _LOOKAHEAD:
                return True
            if not self._fill():
                return self._position < len(self._buffer)

    def _fill(self) -> bool:
        """Read on, as much again as is waiting, so that a long record is not scanned over and over."""
        waiting = self._buffer[self._position :]
        if self._ended or len(waiting) > _LONGEST_RECORD:
            return False
        more = self._more(max(_CHUNK, len(waiting)))
        self._buffer, self._position = waiting + more, 0
        return bool(more) or not self._ended

    def _more(self, size: int) -> str:
        try:
            chunk = self._read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            chunk, self._broken = b"", True
        self._ended = not chunk
        return self._text.decode(chunk, final=self._ended)


def _inner_records(record: bytes) -> list[bytes]:
    """Return the records of a wrapper whose list is not its first key, or the record itself."""
    if b'"value"' not in record and b'"records"' not in record:
        return [record]
    try:
        wrapper = msgspec.json.decode(record, type=_Wrapper)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _odd_inner_records(record)
    inner = wrapper.value if wrapper.value is not None else wrapper.records
    return [record] if inner is None else [bytes(part) for part in inner]


def _odd_inner_records(record: bytes) -> list[bytes]:
    """Return the same of what the fast decoder refuses."""
    try:
        return split_document(record)[0]
    except MalformedDocument:
        return [record]
