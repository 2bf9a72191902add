"""Pages of an Azure Resource Manager list: the raw records of each, one page in memory at a time."""

import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from app.errors import Abort, Retry
from app.events.documents import MalformedDocument, split_document
from app.microsoft.session import ArmSession

_SURROGATE = re.compile("[\ud800-\udfff]")


class _Page(msgspec.Struct):
    """A page: `nextLink` is absent, null or "" on the last one (all three are met)."""

    value: list[msgspec.Raw]
    nextLink: Any = None  # noqa: N815 - the name on the wire


_decoder = msgspec.json.Decoder(_Page)


async def read_pages(session: ArmSession, url: str) -> AsyncIterator[list[bytes]]:
    """Yield the raw bytes of each page's records, following every nextLink byte for byte to the end.

    An empty page with a nextLink is a page like others. Raises Abort or Retry when a page cannot be read whole,
    when it is no list, and when a nextLink repeats (the reading would never end).
    """
    seen: set[int] = set()
    following: str | None = url
    while following is not None:
        if hash(following) in seen:
            raise Retry(
                "link_loop",
                f"Azure's pages lead back to one already read, after {len(seen)} pages.",
                "Nothing to do: the next poll reads the same window again.",
            )
        seen.add(hash(following))
        records, following = _decoded(await session.get(following))
        yield records


def _decoded(body: bytes) -> tuple[list[bytes], str | None]:
    try:
        page = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decoded_slowly(body)
    return [bytes(record) for record in page.value], _link(page.nextLink)


def _decoded_slowly(body: bytes) -> tuple[list[bytes], str | None]:
    """Split a page that the fast decoder refuses: one record's odd bytes (a lone surrogate) fail no other record."""
    try:
        records, rest = split_document(body)
    except MalformedDocument as error:
        raise Retry(
            "malformed_page",
            f"Azure answered with something that is not a page of events: {error}.",
            "Nothing to do: the next poll reads the same window. If it stays, look whether a proxy answers instead.",
        ) from error
    return records, _link(rest.get("nextLink"))


def _link(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or _SURROGATE.search(value):
        raise Abort("malformed_page", "Azure answered with a nextLink that is not text.", "Report this to AiSOC.")
    return value
