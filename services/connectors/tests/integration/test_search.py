"""Searches of the real database find exactly what the language says, page by page, and count the same."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import msgspec
import pytest
from naive_search import matches
from support import query, story

from app.errors import InvalidInput, Retry
from app.events.event import Severity
from app.search.fields import FIELDS
from app.search.language import parse
from app.storage import conditions
from app.storage.conditions import resolve
from app.storage.events import store_events
from app.storage.figures import MOST_BARS, TOP_FIELDS, histogram, top_values
from app.storage.neighbours import read_neighbours
from app.storage.search import count, find_ids, find_page, read_event, stream

START = datetime(2026, 4, 20, tzinfo=UTC)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GROUP = "/subscriptions/5A1F/resourceGroups/rg-Prod"
POOLS = {
    "actor": [None, "alice@contoso.com", "Alice Smith", "malice@contoso.com", "İzmir", "100%_\\x"],
    "actor_email": [None, "alice@contoso.com", "bob@contoso.com"],
    "app_id": [None, "0b5e7a1c-2222-4333-8444-555566667777"],
    "src_ip": [None, "203.0.113.7", "203.0.113.70", "2001:DB8::1", "10.0.0.1:443", "fe80::1%eth0", "unknown"],
    "event_type": ["microsoft.keyvault/vaults/delete", "microsoft.web/sites/write", "policy"],
    "operation": [None, "Microsoft.KeyVault/vaults/delete", "Add member to role (PIM)"],
    "title": ["Delete Key Vault: kv-1", "Update website: shop", "50% of a_b", "x\ny"],
    "resource_id": [
        None,
        GROUP,
        f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-1",
        f"{GROUP}2/providers/Microsoft.Web/sites/shop",
        GROUP.upper(),
    ],
    "resource_name": [None, "kv-1", "shop", "elsewhere"],
    "resource_group": [None, "rg-Prod", "rg-prod2"],
    "resource_type": [None, "Microsoft.KeyVault/vaults", "Microsoft.Web/sites"],
    "subscription_id": [None, "5A1F"],
    "tenant_id": [None, "c0ffee"],
    "status": [None, "Failed", "Failed.NotFound", "Succeeded"],
    "outcome": ["success", "failure", "in_progress", "unknown"],
    "activity_category": [None, "Administrative", "Policy"],
    "severity": list(Severity),
    "correlation_id": [None, "F00D", "beef"],
}
CONNECTORS = ["prod", "Prod-EU", "an archive"]
VALUES = [
    *(
        "alice",
        "ALICE@contoso.com",
        '"Alice Smith"',
        "*smith",
        "*",
        "a*e",
        "kv",
        "kv-1",
        "vaults/delete",
        "prod",
        "rg-prod",
    ),
    *("%", "_", "\\", '"a_b"', "İzmir", "izmir", "x*y", '"x\ny"', "shop", "Key*kv", ":", "f00d", "5a1f", "elsewhere"),
    *("203.0.113.7", "203.0.113.0/24", "203.0.113.*", "2001:db8::/32", "2001:DB8:0::1", "unknown", "10.0.0.1:443"),
    *(
        GROUP,
        f"{GROUP}/",
        f"{GROUP}*",
        f"{GROUP.lower()}/providers",
        "/subscriptions/*/providers",
        "vaults/kv",
        "Failed*",
    ),
    *("success,failure", "alice,bob", "Policy", "c0ffee", "an*", '"an archive"', "pim", "1", "0", "e"),
]


def a_search(rng):
    """Draw a search of a few terms; what cannot be understood is drawn anew."""
    while True:
        text = " ".join(a_term(rng) for _ in range(rng.choice([1, 1, 2, 2, 3])))
        try:
            return parse(text, NOW)
        except InvalidInput:
            continue


def a_term(rng):
    draw = rng.random()
    if draw < 0.1:
        return f"({a_term(rng)} {rng.choice(['OR', ''])} {a_term(rng)})"
    if draw < 0.25:
        return f"-{a_term(rng)}"
    if draw < 0.35:
        return f"severity{rng.choice([':', '>', '>=', '<', '<='])}{rng.choice(list(Severity))}"
    if draw < 0.45:
        return f"{rng.choice(['since', 'until'])}:{rng.choice(['2026-04-21', '2026-04-24T06:00', '9d', '1h'])}"
    if draw < 0.6:
        return rng.choice(VALUES)
    return f"{rng.choice(list(FIELDS))}{rng.choice('::=')}{rng.choice(VALUES)}"


@pytest.fixture
def mixed(connector, lab):
    """Events with drawn fields, several at each of few times, by connector."""
    rng = Random(5)
    base = connector.normalize(json.dumps(story(lab)[0]).encode())
    found = []
    for _ in range(240):
        drawn = {name: rng.choice(pool) for name, pool in POOLS.items()}
        moment = START + timedelta(hours=rng.randrange(0, 120, 3))
        event = msgspec.structs.replace(base, id=UUID(int=rng.getrandbits(128)), event_time=moment, **drawn)
        found.append((event, rng.choice(CONNECTORS)))
    return found


async def store(service, found):
    for name in CONNECTORS:
        async with service.engine.begin() as connection:
            await store_events(connection, name, [(event, b"{}") for event, whose in found if whose == name])


@pytest.fixture
async def connection(service, mixed):
    await store(service, mixed)
    async with service.engine.connect() as opened:
        yield opened


def expected(found, search, *, newest_first=True):
    ids = [(event.event_time, event.id) for event, whose in found if matches(search, event, whose)]
    return [event_id for _, event_id in sorted(ids, reverse=newest_first)]


async def every_page(connection, search, limit, **options):
    ids, cursor = [], None
    while True:
        page = await find_page(connection, search, cursor, limit, **options)
        ids += [stored.event.id for stored in page.events]
        cursor = page.next_cursor
        if cursor is None:
            return ids


@pytest.mark.parametrize("few", [2_000, 1], ids=["by_number", "by_hash"])
async def test_a_search_finds_what_its_words_say_and_nothing_else(connection, mixed, monkeypatch, few):
    monkeypatch.setattr(conditions, "_FEW", few)
    rng, sizes = Random(few), []
    for _ in range(250):
        search = a_search(rng)
        wanted = expected(mixed, search)
        page = await find_page(connection, search, limit=1000)
        assert [stored.event.id for stored in page.events] == wanted, str(search)
        assert await count(connection, search) == len(wanted)
        sizes.append(len(wanted))
    assert sum(0 < size < len(mixed) for size in sizes) > 80, "the searches say too little"


@pytest.mark.parametrize("field", [name for name in FIELDS if name not in {"since", "until", "text"}])
async def test_a_field_that_is_there_or_absent_can_be_asked_for(connection, mixed, field):
    for text in (f"{field}:*", f"-{field}:*"):
        search = parse(text, NOW)
        found = [stored.event.id async for stored in stream(connection, search)]
        assert found == expected(mixed, search)


async def test_an_event_comes_back_as_it_was_stored_with_who_stored_it(connection, mixed):
    event, whose = mixed[0]
    stored = await read_event(connection, event.id)
    assert (stored.event, stored.connector) == (event, whose)
    assert await find_ids(connection, str(event.id)[:13]) == [event.id]
    assert await read_event(connection, UUID(int=0)) is None


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("nearest", [20_000, 7])
async def test_pages_neither_lose_nor_repeat_an_event_of_the_same_time(
    connection, mixed, monkeypatch, newest_first, nearest
):
    monkeypatch.setattr("app.storage.search._NEAREST", nearest)
    for text in ("", "actor:alice", "severity:high -ip:*", "elsewhere"):
        search = parse(text, NOW)
        found = await every_page(connection, search, 7, newest_first=newest_first)
        assert found == expected(mixed, search, newest_first=newest_first)


async def test_pages_go_on_where_they_were_while_events_arrive(service, connection, mixed):
    search, rng = parse("", NOW), Random(1)
    page, seen = await find_page(connection, search, limit=40), []
    while page.next_cursor:
        seen += page.events
        late = [
            (msgspec.structs.replace(event, id=UUID(int=rng.getrandbits(128))), whose) for event, whose in mixed[::40]
        ]
        await store(service, late)
        page = await find_page(connection, search, page.next_cursor, limit=40)
    ids = [stored.event.id for stored in (*seen, *page.events)]
    assert len(ids) == len(set(ids))
    assert {event.id for event, _ in mixed} <= set(ids)


@pytest.mark.parametrize("cursor", ["x", "é", "A" * 31, "A" * 33, "f" * 32, "A" * 5000])
async def test_what_is_no_cursor_is_refused(connection, cursor):
    with pytest.raises(InvalidInput) as refused:
        await find_page(connection, parse("", NOW), cursor)
    assert refused.value.code == "invalid_cursor"


async def test_counting_ends_at_a_bound(connection):
    assert await count(connection, parse("", NOW), at_most=25) == 25


@pytest.mark.parametrize(
    "text", ["", "since:2026-04-21 until:2026-04-22", "since:9d severity>=high", "zzz", "until:2020-01-01"]
)
async def test_a_histogram_holds_each_event_once_in_bars_of_one_width(connection, mixed, text):
    search = parse(text, NOW)
    found = await histogram(connection, search, NOW)
    wanted = set(expected(mixed, search))
    assert len(found.bars) <= MOST_BARS
    assert [bar.at for bar in found.bars] == [found.since + n * found.bucket for n in range(len(found.bars))]
    for bar in found.bars:
        inside = [
            event for event, _ in mixed if event.id in wanted and bar.at <= event.event_time < bar.at + found.bucket
        ]
        assert bar.counts == {
            severity: number for severity in Severity if (number := sum(event.severity is severity for event in inside))
        }
    assert sum(bar.total for bar in found.bars) == len(wanted)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("since:1h", 1), ("since:24h", 15), ("since:7d", 180), ("since:90d", 1440), ("since:1970-01-02", 364 * 1440)],
)
async def test_the_bars_of_a_histogram_are_round(connection, text, minutes):
    found = await histogram(connection, parse(text, NOW), NOW)
    assert found.bucket == timedelta(minutes=minutes)


@pytest.mark.parametrize("field", TOP_FIELDS)
async def test_the_most_frequent_values_of_a_field_are_counted(connection, mixed, field):
    search = parse("-actor:malice since:2026-04-21", NOW)
    counts: dict[str, int] = {}
    for event, whose in mixed:
        told = whose if field == "connector" else getattr(event, TOP_FIELDS[field])
        if told and matches(search, event, whose):
            counts[told.lower()] = counts.get(told.lower(), 0) + 1
    found = await top_values(connection, search, field, 100)
    assert {top.value.lower(): top.count for top in found} == counts
    assert [top.count for top in found] == sorted(counts.values(), reverse=True)
    assert await top_values(connection, await resolve(connection, search), field, 1) == found[:1]


async def test_texts_are_shown_as_they_were_spelled(connection):
    assert {top.value for top in await top_values(connection, parse("", NOW), "connector")} == set(CONNECTORS)


async def test_what_another_writer_stores_at_the_same_time_is_found(service, mixed):
    halves = [mixed[:120], mixed[100:], mixed[50:200]]
    await asyncio.gather(*(store(service, half) for half in halves))
    async with service.engine.connect() as connection:
        assert await count(connection, parse("", NOW)) == len(mixed)
        for text in ("actor:alice", "shop", "ip:203.0.113.0/24"):
            assert await count(connection, parse(text, NOW)) == len(expected(mixed, parse(text, NOW)))


async def test_texts_of_a_write_that_was_undone_are_found_when_it_is_done_again(service, mixed):
    for undone in (True, False):
        async with service.engine.connect() as connection:
            await store_events(connection, "prod", [(event, b"{}") for event, _ in mixed])
            await (connection.rollback() if undone else connection.commit())
    async with service.engine.connect() as connection:
        assert await count(connection, parse("actor:alice OR -actor:alice", NOW)) == len(mixed)
        orphans = "SELECT 1 FROM event_facts LEFT JOIN event_places ON place = event_places.id WHERE key IS NULL"
        assert not await query(service, orphans)


async def test_a_stop_that_is_judged_again_is_found_by_its_new_severity(service, lab, connector):
    async def stored(records):
        raws = [json.dumps(record).encode() for record in records]
        async with service.engine.begin() as opened:
            await store_events(opened, "lab", [(connector.normalize(raw), raw) for raw in raws])

    at, stop = lab.clock.now() - timedelta(hours=1), "Microsoft.Compute/virtualMachines/deallocate/action"
    await stored(lab.operation(stop, at))
    await stored(lab.operation(stop, at - timedelta(minutes=9)))
    async with service.engine.connect() as opened:
        facts = await query(service, "SELECT id, severity::text FROM event_facts ORDER BY id")
        assert facts == await query(service, "SELECT id, severity::text FROM events ORDER BY id")
        assert {row["severity"] for row in facts} == {"info", "medium"}
        assert await count(opened, parse("severity:medium", lab.clock.now())) == 2


async def test_neighbours_are_the_operations_records_and_what_was_near(service, lab, connector):
    at = lab.clock.now() - timedelta(hours=5)
    write = "Microsoft.Storage/storageAccounts/write"
    records = [
        *lab.operation(write, at, accepted=True),
        *lab.operation(write, at + timedelta(minutes=10)),
        *lab.operation(write, at + timedelta(hours=2)),
        *lab.operation("Microsoft.Web/sites/write", at + timedelta(minutes=5)),
    ]
    events = [connector.normalize(json.dumps(record).encode()) for record in records]
    async with service.engine.begin() as opened:
        await store_events(opened, "lab", [(event, b"{}") for event in events])
    async with service.engine.connect() as opened:
        near = await read_neighbours(opened, await read_event(opened, events[0].id))
        ids = {kind: [stored.event.id for stored in getattr(near, kind)] for kind in ("operation", "actor", "resource")}
        assert ids["operation"] == [events[1].id, events[2].id]
        assert ids["resource"] == [event.id for event in events[1:5]]
        assert ids["actor"] == [event.id for event in (*events[1:3], *events[7:9], *events[3:5])]
        assert len((await read_neighbours(opened, await read_event(opened, events[0].id), limit=1)).actor) == 1


async def test_records_without_correlation_are_of_one_operation_by_its_id(service, lab, connector):
    records = lab.operation("Microsoft.Storage/storageAccounts/write", lab.clock.now() - timedelta(hours=1))
    raws = [json.dumps(record | {"correlationId": None}).encode() for record in records]
    events = [connector.normalize(raw) for raw in raws]
    async with service.engine.begin() as opened:
        await store_events(opened, "lab", [(event, b"{}") for event in events])
    async with service.engine.connect() as opened:
        near = await read_neighbours(opened, await read_event(opened, events[0].id))
        assert [stored.event.id for stored in near.operation] == [events[1].id]


async def test_a_search_that_takes_too_long_is_ended_in_words(connection, monkeypatch):
    monkeypatch.setattr("app.storage.reading._SECONDS", 0.001)
    with pytest.raises(Retry) as ended:
        await _ask_often(connection)
    assert ended.value.code == "search_too_slow"
    monkeypatch.undo()
    assert await count(connection, parse("", NOW)) > 0, "the connection goes on"


async def _ask_often(connection):
    for _ in range(100):
        await histogram(connection, parse("-a -b -c -d -e", NOW), NOW)
