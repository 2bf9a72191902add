"""What can go wrong on request: each fault hits a kind of request, a number of times, after letting some through.

cloud.faults.add(throttled("activity", retry_after=3, count=2), reset("token"))
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self, get_args

ForgedPart = Literal["signature", "key", "unsigned", "expired", "aud", "iss", "nonce", "tid"]
Kind = Literal["token", "openid", "authorize", "keys", "activity", "subscription", "permissions", "any"]


@dataclass(frozen=True)
class Answer:
    """An error answer in the body shape of the service it comes from."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    flat: bool = False


@dataclass(frozen=True)
class Reset:
    """The connection is aborted before an answer."""


@dataclass(frozen=True)
class Hang:
    """Nothing for these seconds of real time, then the usual answer."""

    seconds: float


@dataclass(frozen=True)
class Drip:
    """The usual answer's headers, then its body, `size` bytes after each so many seconds of real time."""

    seconds: float
    size: int = 1


@dataclass(frozen=True)
class Spoil:
    """The usual answer, damaged: cut short of its Content-Length, not JSON any more, or replaced by a page of HTML."""

    how: Literal["truncated", "malformed", "html"]
    status: int = 200


@dataclass(frozen=True)
class ExpireToken:
    """The token that the request carries expires now."""


@dataclass(frozen=True)
class Page:
    """A page of the activity log that misbehaves; `origin` is where a foreign link points to, None for `elsewhere`."""

    how: Literal["looping", "foreign", "duplicated", "empty"]
    origin: str | None = None


@dataclass(frozen=True)
class Forge:
    """The id_token of a sign-in is not what it should be: signed by a stranger, or with one claim wrong."""

    how: ForgedPart


Action = Answer | Reset | Hang | Drip | Spoil | ExpireToken | Page | Forge


@dataclass(frozen=True)
class Fault:
    """`count` None is for ever; `skip` matching requests are let through first; `only` is part of their targets."""

    kind: Kind
    action: Action
    count: int | None = 1
    skip: int = 0
    only: str = ""

    def only_of(self, subscription: str) -> Self:
        """Return the fault for requests of one subscription alone."""
        return replace(self, only=f"/subscriptions/{subscription}")


class Faults:
    """The ordered list of injected faults: the first that matches a request and is due acts on it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._armed.extend(faults)

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    @property
    def pending(self) -> list[Fault]:
        """The faults left, with what is left of their counts."""
        with self._lock:
            return list(self._armed)

    def take(self, kind: str, target: str = "") -> Action | None:
        """Say what to do to a request of this kind for this target, None for nothing."""
        with self._lock:
            for index, fault in enumerate(self._armed):
                if not _concerns(fault, kind, target):
                    continue
                if fault.skip == 0:
                    self._armed[index : index + 1] = _after_acting(fault)
                    return fault.action
                self._armed[index] = replace(fault, skip=fault.skip - 1)
        return None


def _concerns(fault: Fault, kind: str, target: str) -> bool:
    if fault.only.lower() not in target.lower():
        return False
    if isinstance(fault.action, Page) and kind != "activity":
        return False
    if isinstance(fault.action, ExpireToken) and kind in ("token", "openid", "authorize", "keys"):
        return False
    if isinstance(fault.action, Forge) and kind != "token":
        return False
    return fault.kind in (kind, "any")


def _after_acting(fault: Fault) -> list[Fault]:
    if fault.count is None:
        return [fault]
    return [replace(fault, count=fault.count - 1)] if fault.count > 1 else []


def error(
    kind: Kind,
    status: int,
    code: str | None = None,
    message: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    flat: bool = False,
    count: int | None = 1,
    skip: int = 0,
) -> Fault:
    """Answer an error; `code` and `message` default to usual ones of the status."""
    usual_code, usual_message = _USUAL.get(status, ("InternalServerError", "Encountered internal server error."))
    answer = Answer(status, code or usual_code, message or usual_message, headers or {}, flat)
    return Fault(kind, answer, count, skip)


_USUAL = {
    408: ("RequestTimeout", "The request timed out."),
    429: ("TooManyRequests", "The request is being throttled."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please retry later."),
}


def throttled(kind: Kind = "activity", retry_after: int = 10, *, count: int | None = 1, skip: int = 0) -> Fault:
    """429 TooManyRequests with Retry-After, what a resource provider with a lower limit than ARM's answers."""
    return error(kind, 429, headers={"Retry-After": str(retry_after)}, count=count, skip=skip)


def reset(kind: Kind = "activity", *, count: int | None = 1, skip: int = 0) -> Fault:
    """Abort the connection. aiohttp's client itself repeats a GET once on a kept-alive connection, so count on 2."""
    return Fault(kind, Reset(), count, skip)


def hang(kind: Kind = "activity", seconds: float = 3600.0, *, count: int | None = 1, skip: int = 0) -> Fault:
    return Fault(kind, Hang(seconds), count, skip)


def drip(
    kind: Kind = "activity", seconds: float = 3.0, size: int = 1, *, count: int | None = 1, skip: int = 0
) -> Fault:
    """Let the body come so slowly that it never ends, though something always comes."""
    return Fault(kind, Drip(seconds, size), count, skip)


def truncated(kind: Kind = "activity", *, count: int | None = 1, skip: int = 0) -> Fault:
    return Fault(kind, Spoil("truncated"), count, skip)


def malformed(kind: Kind = "activity", *, count: int | None = 1, skip: int = 0) -> Fault:
    return Fault(kind, Spoil("malformed"), count, skip)


def html(kind: Kind = "activity", status: int = 200, *, count: int | None = 1, skip: int = 0) -> Fault:
    """Answer a proxy's page of HTML instead."""
    return Fault(kind, Spoil("html", status), count, skip)


def looping_link(*, count: int | None = 1, skip: int = 0) -> Fault:
    """Let a page's nextLink lead to the page itself."""
    return Fault("activity", Page("looping"), count, skip)


def foreign_link(origin: str | None = None, *, count: int | None = 1, skip: int = 0) -> Fault:
    """Let a page's nextLink lead to another host: the server's `elsewhere` when no origin is given."""
    return Fault("activity", Page("foreign", origin), count, skip)


def duplicated_page(*, count: int | None = 1, skip: int = 0) -> Fault:
    """Serve a page's events again on the next page."""
    return Fault("activity", Page("duplicated"), count, skip)


def empty_pages(count: int | None = 1, *, skip: int = 0) -> Fault:
    """Serve as many empty pages in a row, each with a nextLink."""
    return Fault("activity", Page("empty"), count, skip)


def expired_token(kind: Kind = "activity", *, count: int | None = 1, skip: int = 0) -> Fault:
    """Let the token that comes be expired from now on: 401 ExpiredAuthenticationToken."""
    return Fault(kind, ExpireToken(), count, skip)


def forged(how: ForgedPart = "signature", *, count: int | None = 1, skip: int = 0) -> Fault:
    """Let a sign-in's id_token be signed by a key that is not published under its name, or be wrong in a claim."""
    return Fault("token", Forge(how), count, skip)


_NAMED: dict[str, Action] = {
    "reset": Reset(),
    "hang": Hang(3600.0),
    "drip": Drip(3.0),
    "truncated": Spoil("truncated"),
    "malformed": Spoil("malformed"),
    "html": Spoil("html"),
    "expired": ExpireToken(),
    "loop": Page("looping"),
    "foreign": Page("foreign"),
    "duplicate": Page("duplicated"),
    "empty": Page("empty"),
    "forged": Forge("signature"),
}


def parse(spec: str) -> Fault:
    """Read a fault from `KIND:WHAT[:COUNT]`, where WHAT is an HTTP error status or a name. Raises ValueError."""
    parts = spec.split(":")
    if len(parts) not in (2, 3):
        raise ValueError(f"fault '{spec}' is not KIND:WHAT[:COUNT], e.g. activity:429:3")
    kind = next((known for known in get_args(Kind) if known == parts[0]), None)
    if kind is None:
        raise ValueError(f"fault '{spec}': the kind is one of {', '.join(get_args(Kind))}")
    return _parsed(spec, kind, parts[1], _count(spec, parts[2] if len(parts) > 2 else "1"))


def _parsed(spec: str, kind: Kind, what: str, count: int) -> Fault:
    if what.isascii() and what.isdigit() and 400 <= int(what) <= 599:
        return throttled(kind, 2, count=count) if what == "429" else error(kind, int(what), count=count)
    if what not in _NAMED:
        raise ValueError(f"fault '{spec}': what happens is a status 400-599 or one of {', '.join(_NAMED)}")
    action = _NAMED[what]
    if isinstance(action, Page) and kind not in ("activity", "any"):
        raise ValueError(f"fault '{spec}': '{what}' is about pages, which only 'activity' has")
    if isinstance(action, Forge) and kind not in ("token", "any"):
        raise ValueError(f"fault '{spec}': '{what}' is about id_tokens, which only 'token' has")
    return Fault(kind, action, count)


def _count(spec: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError(f"fault '{spec}': the count is a whole number from 1")
    return int(text)
