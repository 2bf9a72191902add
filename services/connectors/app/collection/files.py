"""Exported files: read as records of the store's own kind, whole or as far as they go."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from app.collection.intake import sort_records
from app.collection.storing import store_intake
from app.connectors.base import Connector
from app.errors import Abort, AisocError, InvalidInput
from app.events.documents import MalformedDocument, open_records
from app.service import Service

_PAGE = 500


@dataclass
class IngestResult:
    """What ingesting a file did. read = added + dropped + duplicate + quarantined."""

    file: str
    events_read: int = 0
    events_added: int = 0
    events_dropped: int = 0
    events_duplicate: int = 0
    events_quarantined: int = 0
    error: dict[str, Any] | None = None

    def facts(self) -> dict[str, Any]:
        """Return the result as JSON-ready facts."""
        return asdict(self)


@contextmanager
def open_file(name: str) -> Iterator[BinaryIO]:
    """Open a file, or standard input for "-". Raises InvalidInput (file_unreadable)."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below, outside of this try
    except OSError as error:
        raise InvalidInput(
            "file_unreadable",
            f"The file {name} cannot be read: {error.strerror}.",
            "Check the path and that you may read it.",
        ) from error
    with file:
        yield file


def read_file(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield a file's records; raises Abort (file_not_whole) after all that could be read."""
    try:
        yield from open_records(stream)
    except MalformedDocument as error:
        raise Abort(
            "file_not_whole",
            f"The file {name} cannot be read to its end: {error}.",
            "What came before that place is taken. Mend the file or get a whole copy, and run this again: nothing is "
            "stored twice.",
        ) from error


async def ingest(
    service: Service, connector: Connector, stream: BinaryIO, name: str, label: str, progress: Callable[[int], None]
) -> IngestResult:
    """Store a file's events under a label, page by page.

    progress: called after each page with the position in the file. A file that is not whole is told in the result,
    with what was stored before.
    """
    result = IngestResult(name)
    records = read_file(stream, name)
    try:
        while page := list(_page(records, result)):
            await _store(service, connector, page, label, result)
            progress(stream.tell() if stream.seekable() else 0)
            if result.error is not None:
                break
    except AisocError as error:
        result.error = error.facts()
    return result


def _page(records: Iterator[bytes], result: IngestResult) -> Iterator[bytes]:
    """Yield the next records; a broken file ends its last page early, and that page is stored too."""
    try:
        yield from islice(records, _PAGE)
    except Abort as error:
        result.error = error.facts()


async def _store(
    service: Service, connector: Connector, records: list[bytes], label: str, result: IngestResult
) -> None:
    intake = sort_records(connector, records)
    async with service.engine.begin() as connection:
        added = await store_intake(service, connection, label, intake)
    result.events_read += intake.read
    result.events_added += len(added)
    result.events_dropped += intake.dropped
    result.events_duplicate += len(intake.events) - len(added)
    result.events_quarantined += len(intake.quarantined)
