"""What crosses the wire, without a network: the request as bytes arrived, the answer, and Microsoft's error bodies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus


@dataclass(frozen=True)
class Origins:
    """The addresses of one running server, each `https://localhost:PORT`."""

    authority: str
    resource_manager: str
    graph: str
    office_management: str
    elsewhere: str


@dataclass(frozen=True)
class Ask:
    """One request. `target` is path and query exactly as sent; header names are case-insensitive."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> str:
        """The query as sent, not decoded."""
        return self.target.partition("?")[2]

    @property
    def options(self) -> dict[str, str]:
        """Query parameters decoded; names in lower case, as ARM does not tell their case apart."""
        return _pairs(self.query, lower=True)

    @property
    def form(self) -> dict[str, str]:
        return _pairs(self.body.decode("utf-8", "replace"), lower=False)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class RefusedError(Exception):
    """An error answer. `flat` bodies are `{"code","message"}`, the others `{"error":{"code","message"}}`."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None, *, flat: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers, self.flat = status, code, message, headers or {}, flat

    def reply(self) -> Reply:
        inner = {"code": self.code, "message": self.message}
        return json_reply(self.status, inner if self.flat else {"error": inner}, self.headers)


def json_reply(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, compact(body), headers or {})


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _pairs(text: str, *, lower: bool) -> dict[str, str]:
    # A "+" is a space here, as ASP.NET reads it.
    found: dict[str, str] = {}
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        key = unquote_plus(name)
        found[key.lower() if lower else key] = unquote_plus(value)
    return found
