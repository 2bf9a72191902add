"""Very many events quickly: a few hundred operations are rendered once, then ids and times change in their bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from simulator import ticks
from simulator.cast import new_id
from simulator.event_log import Rendered, rendered
from simulator.events import Event, EventFactory
from simulator.routine import everyday

_GROUPS = 300
_NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class _Template:
    """One event as a bytes format, and when it happens after the first of its group, and shows (ticks)."""

    event: Rendered
    operation: int
    """Which operation of the group it is of: a deployment has several under one correlationId."""
    body: bytes
    after: int
    lag: int


def bulk(
    rng: Random, n: int, start: datetime, end: datetime, *, subscription: str = _NOBODY, tenant: str = _NOBODY
) -> Iterator[Rendered]:
    """Yield n events evenly between two times, about in order of time; all of them show by `end`."""
    first, last = ticks.from_datetime(start), ticks.from_datetime(end)
    groups = _templates(EventFactory(rng, tenant, subscription))
    made = 0
    while made < n:
        group = groups[rng.randrange(len(groups))][: n - made]
        begun = first + (last - first) * made // n
        shared = [new_id(rng) for _ in range(group[-1].operation + 2)]
        for template in group:
            yield _filled(template, new_id(rng), shared, min(begun + template.after, last), last)
        made += len(group)


def _templates(make: EventFactory) -> list[list[_Template]]:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    return [_group(everyday(make, at), ticks.from_datetime(at)) for _ in range(_GROUPS)]


def _group(events: list[Event], begun: int) -> list[_Template]:
    operations = list(dict.fromkeys(event["operationId"] for event in events))
    return [_template(event, operations.index(event["operationId"]), begun) for event in events]


def _template(event: Event, operation: int, begun: int) -> _Template:
    ready = rendered(event)
    body = ready.body.replace(b"%", b"%%")
    for name, text in (
        ("id", event["eventDataId"]),
        ("operation", event["operationId"]),
        ("correlation", event["correlationId"]),
        ("at", event["eventTimestamp"]),
        ("shown", event["submissionTimestamp"]),
        ("ticks", str(ready.at)),
    ):
        if text:
            body = body.replace(text.encode(), f"%({name})b".encode())
    return _Template(ready, operation, body, ready.at - begun, ready.shown_at - ready.at)


def _filled(template: _Template, event_id: str, shared: list[str], at: int, last: int) -> Rendered:
    shown_at = min(at + template.lag, last)
    correlation = shared[-1]
    values = {
        b"id": event_id.encode(),
        b"operation": shared[template.operation].encode(),
        b"correlation": correlation.encode(),
        b"at": ticks.to_iso(at).encode(),
        b"shown": ticks.to_iso(shown_at).encode(),
        b"ticks": b"%d" % at,
    }
    return template.event._replace(
        at=at, shown_at=shown_at, event_id=event_id, body=template.body % values, correlation=correlation
    )
