"""The contract of a connector: what a source declares and does, nothing to inherit."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from app.clock import Clock
from app.errors import AisocError
from app.events.event import Event
from app.microsoft.clouds import Clouds
from app.microsoft.pace import Paces


@dataclass(frozen=True)
class Stream:
    """One thing a connector reads.

    retention: how far back the source can be read. latency: how long an event may usually take to become readable.
    largest_window: longer windows are read in parts of about that, each of which counts when it is complete.
    """

    name: str
    retention: timedelta
    latency: timedelta
    largest_window: timedelta = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """The time to read, both ends included, in UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Target:
    """One thing that given credentials can read: its id, as the first of `target_fields` takes it, name and state."""

    id: str
    name: str
    state: str


@dataclass(frozen=True)
class Finding:
    """One thing a connection test found; the remedy is empty where nothing needs doing."""

    level: Literal["ok", "warning", "error"]
    code: str
    message: str
    remedy: str = ""

    @classmethod
    def of(cls, error: AisocError) -> "Finding":
        """Return the finding that says what an error says."""
        return cls("error", error.code, error.message, error.remedy)


@dataclass(frozen=True)
class TestReport:
    """What a connection test found."""

    __test__ = False
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether the connector can collect."""
        return all(finding.level != "error" for finding in self.findings)


@dataclass(frozen=True)
class Context:
    """What a connector may use of the service.

    background: whether the reading can wait (a backfill), and is to leave the source's allowance to others.
    """

    clouds: Clouds
    clock: Clock
    paces: Paces
    background: bool = False


class Session(Protocol):
    """An open conversation with a source."""

    @property
    def requests(self) -> int:
        """How many requests were made on it."""

    @property
    def clock_ahead(self) -> timedelta:
        """How far this machine's clock is ahead of the source's, to a second; zero as long as no answer told."""


class CollectionConfig(BaseModel):
    """What the collection itself asks of every connector's configuration."""

    poll_interval_seconds: int
    initial_lookback_hours: int
    overlap_seconds: int
    sweep_minutes: int


class Connector(Protocol):
    """A source of events. `Config` draws the form and checks the input; its SecretStr fields are kept encrypted.

    target_fields: the fields that say what is read; a connector keeps them, as its ledger belongs to them. The first
    takes a Target's id.
    allowance_fields: the fields that say whose allowance of reads is used up.
    """

    id: str
    name: str
    category: str
    docs: str
    target_fields: tuple[str, ...]
    allowance_fields: tuple[str, ...]
    streams: tuple[Stream, ...]

    @property
    def Config(self) -> type[CollectionConfig]:  # noqa: N802 - it is a class
        """The pydantic model of the connector's configuration."""

    def connect(self, config: Any, context: Context) -> AbstractAsyncContextManager[Any]:
        """Sign in and open a Session. Raises Abort or Retry."""

    def test(self, session: Any) -> AsyncIterator[Finding]:
        """Ask the real endpoint for at most one entry; yield each finding as it comes. Raises nothing of errors.py."""

    def fetch(self, session: Any, stream: Stream, window: Window) -> AsyncIterator[list[bytes]]:
        """Yield the raw records of each page of a window, to the end. Raises Abort or Retry unless all was read."""

    def normalize(self, raw: bytes) -> Event | None:
        """Return the record's event; None when it is dropped on purpose. Pure. Raises Skip for quarantine."""


@runtime_checkable
class TellsTargets(Protocol):
    """A connector that can tell what else its credentials can read; optional."""

    async def targets(self, session: Any) -> list[Target]:
        """Return what could be read. Raises Abort or Retry."""
